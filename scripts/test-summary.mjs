// From vitest's report to the numbers of the last line.
import { relative } from 'node:path';

/**
 * Counts the tests of the reports of vitest's JSON reporter, one for each time that vitest ran. Whatever keeps one from
 * being a success counts as a failure: a file that could not be loaded, an error outside of any test, no report, no test.
 * `status` is vitest's exit status, `outside` what outside-errors.mjs wrote; `lines` say what no test says.
 */
export function summarise(runs, root) {
  const sums = runs.map((run) => summariseRun(run, root));
  const total = (name) => sums.reduce((sum, each) => sum + each[name], 0);
  return {
    lines: sums.flatMap(({ lines }) => lines),
    passed: total('passed'),
    failed: total('failed'),
    skipped: total('skipped'),
  };
}

function summariseRun({ report, status, outside }, root) {
  const lines = [];
  const tests = (report?.testResults ?? []).flatMap((file) => file.assertionResults);
  const count = (...states) => tests.filter((test) => states.includes(test.status)).length;
  const passed = count('passed');
  let failed = count('failed');
  for (const file of report?.testResults ?? []) {
    if (file.status !== 'failed' || file.assertionResults.some((test) => test.status === 'failed')) continue;
    failed++;
    lines.push(`failed as a whole: ${relative(root, file.name)}`);
  }
  for (const file of outside) {
    failed++;
    lines.push(`an error outside of any test${file === null ? '' : `, in ${relative(root, file)}`}; see above`);
  }
  if (report === null) lines.push('vitest left no report');
  else if (passed + failed === 0) lines.push('no test ran');
  else if (status !== 0 && failed === 0) lines.push('vitest failed outside of any test; see above');
  if (failed === 0 && lines.length > 0) failed = 1;
  return { lines, passed, failed, skipped: tests.length - passed - count('failed') };
}

/** More than that is no neighbour's noise. */
const mostFilesAgain = 3;

/** Which files deserve a second look: those in which tests failed, unless they are many or have no second chance. */
export function filesToRunAgain({ report }, withoutSecondChance) {
  const failed = (report?.testResults ?? []).filter(({ status }) => status === 'failed').map(({ name }) => name);
  return failed.length > mostFilesAgain ? [] : failed.filter((name) => !withoutSecondChance.includes(name));
}

/**
 * The first run, with what a second one, of some of its files alone, said of them; and what passed only then. What was thrown
 * outside of any test is excused only where the file that it came from was seen again.
 */
export function withSecondLook(first, second) {
  if (first.report === null || second.report === null) return { run: first, unsteady: [] };
  const seenAgain = new Map(second.report.testResults.map((file) => [file.name, file]));
  const testResults = first.report.testResults.map((file) => seenAgain.get(file.name) ?? file);
  const unsteady = first.report.testResults
    .filter(({ name }) => seenAgain.get(name)?.status === 'passed')
    .map(({ name, assertionResults }) => {
      const tests = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
      return { name, tests };
    });
  const outside = [...first.outside.filter((file) => !seenAgain.has(file)), ...second.outside];
  return { run: { report: { testResults }, status: second.status, outside }, unsteady };
}
