import { describe, expect, test } from 'vitest';
import { filesToRunAgain, summarise, withSecondLook } from '../../scripts/test-summary.mjs';

const fileNamed = (name: string, status: string, ...tests: string[]) => ({
  name: `/repo/test/${name}.test.ts`,
  status,
  assertionResults: tests.map((each, place) => ({ status: each, fullName: `${name} ${place}` })),
});
const file = (status: string, ...tests: string[]) => fileNamed('a', status, ...tests);

const summary = (status: number, ...testResults: ReturnType<typeof file>[]) =>
  summarise([{ report: { testResults }, status, outside: [] }], '/repo');

test('counts the tests of all files by their end', () => {
  expect(summary(1, file('passed', 'passed', 'passed', 'skipped'), file('failed', 'passed', 'failed', 'todo'))).toEqual(
    {
      lines: [],
      passed: 3,
      failed: 1,
      skipped: 2,
    },
  );
});

test('a file that could not be loaded is a failure with its name', () => {
  const { failed, lines } = summary(1, file('passed', 'passed'), file('failed'));
  expect(failed).toBe(1);
  expect(lines).toEqual(['failed as a whole: test/a.test.ts']);
});

test('a file whose tests passed but whose hook failed is a failure', () => {
  expect(summary(1, file('failed', 'passed')).failed).toBe(1);
});

test('a run without a test is a failure', () => {
  expect(summary(0)).toMatchObject({ passed: 0, failed: 1, lines: ['no test ran'] });
  expect(summary(0, file('passed', 'skipped'))).toMatchObject({ failed: 1, skipped: 1 });
});

test('an error outside of any test is a failure', () => {
  expect(summary(1, file('passed', 'passed'))).toMatchObject({ passed: 1, failed: 1 });
  const report = { testResults: [file('failed', 'passed', 'failed')] };
  expect(summarise([{ report, status: 1, outside: ['/repo/test/a.test.ts', null] }], '/repo')).toMatchObject({
    passed: 1,
    failed: 3,
    lines: ['an error outside of any test, in test/a.test.ts; see above', 'an error outside of any test; see above'],
  });
});

test('a run that left no report is a failure', () => {
  expect(summarise([{ report: null, status: 0, outside: [] }], '/repo')).toMatchObject({
    passed: 0,
    failed: 1,
    lines: ['vitest left no report'],
  });
});

test('of two runs beside each other, all tests count, and the failure of either', () => {
  const whole = { report: { testResults: [file('passed', 'passed', 'skipped')] }, status: 0, outside: [] };
  expect(summarise([whole, whole], '/repo')).toEqual({ lines: [], passed: 2, failed: 0, skipped: 2 });
  for (const broken of [
    { report: null, status: 0, outside: [] },
    { report: { testResults: [] }, status: 0, outside: [] },
    { ...whole, status: 1 },
  ]) {
    expect(summarise([whole, broken], '/repo')).toMatchObject({ failed: 1 });
    expect(summarise([broken, whole], '/repo')).toMatchObject({ failed: 1 });
  }
});

describe('a second look', () => {
  const first = {
    report: {
      testResults: [
        fileNamed('a', 'failed', 'passed', 'failed'),
        fileNamed('b', 'passed', 'passed'),
        fileNamed('c', 'failed', 'passed'),
      ],
    },
    status: 1,
    outside: [],
  };
  const passed = {
    report: { testResults: [fileNamed('a', 'passed', 'passed', 'passed'), fileNamed('c', 'passed', 'passed')] },
    status: 0,
    outside: [],
  };

  test('is for the files that failed, unless they are many or have no second chance', () => {
    expect(filesToRunAgain(first, [])).toEqual(['/repo/test/a.test.ts', '/repo/test/c.test.ts']);
    expect(filesToRunAgain(first, ['/repo/test/a.test.ts'])).toEqual(['/repo/test/c.test.ts']);
    expect(filesToRunAgain({ report: null, status: 1, outside: [] }, [])).toEqual([]);
    const many = ['a', 'b', 'c', 'd'].map((name) => fileNamed(name, 'failed', 'failed'));
    expect(filesToRunAgain({ report: { testResults: many }, status: 1, outside: [] }, [])).toEqual([]);
  });

  test('counts as what it says, and names what passed only then', () => {
    const { run, unsteady } = withSecondLook(first, passed);
    expect(summarise([run], '/repo')).toEqual({ lines: [], passed: 4, failed: 0, skipped: 0 });
    expect(unsteady).toEqual([
      { name: '/repo/test/a.test.ts', tests: ['a 1'] },
      { name: '/repo/test/c.test.ts', tests: [] },
    ]);
  });

  test('excuses an error outside of any test only in a file that it saw', () => {
    const failedIn = (...outside: (string | null)[]) =>
      summarise([withSecondLook({ ...first, outside }, passed).run], '/repo').failed;
    expect(failedIn('/repo/test/a.test.ts')).toBe(0);
    expect(failedIn('/repo/test/a.test.ts', '/repo/test/b.test.ts', null)).toBe(2);
  });

  test.each([
    [
      'a test that fails again',
      { report: { testResults: [fileNamed('a', 'failed', 'failed')] }, status: 1, outside: [] },
      2,
    ],
    ['an error outside of any test', { ...passed, status: 1, outside: [null] }, 1],
    [
      'a file that was not run again',
      { report: { testResults: [fileNamed('c', 'passed', 'passed')] }, status: 0, outside: [] },
      1,
    ],
    ['no report', { report: null, status: 1, outside: [] }, 2],
  ])('does not excuse %s', (_what, second, failed) => {
    expect(summarise([withSecondLook(first, second).run], '/repo').failed).toBe(failed);
  });
});
