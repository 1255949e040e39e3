// From vitest's report to the numbers of the last line.
import { relative } from 'node:path';

/**
 * Counts the tests of a report of vitest's JSON reporter. Whatever keeps a run from being a success counts as a failure:
 * a file that could not be loaded, an error outside of any test, no report, no test at all.
 * `status` is vitest's exit status; `lines` say what no test says.
 */
export function summarise(report, root, status) {
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
  if (report === null) lines.push('vitest left no report');
  else if (passed + failed === 0) lines.push('no test ran');
  else if (status !== 0 && failed === 0) lines.push('vitest failed outside of any test; see above');
  if (failed === 0 && lines.length > 0) failed = 1;
  return { lines, passed, failed, skipped: tests.length - passed - count('failed') };
}
