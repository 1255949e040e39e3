import { expect, test } from 'vitest';
import { summarise } from '../../scripts/test-summary.mjs';

const file = (status: string, ...tests: string[]) => ({
  name: '/repo/test/a.test.ts',
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

const summary = (status: number, ...testResults: ReturnType<typeof file>[]) =>
  summarise([{ report: { testResults }, status }], '/repo');

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
});

test('a run that left no report is a failure', () => {
  expect(summarise([{ report: null, status: 0 }], '/repo')).toMatchObject({
    passed: 0,
    failed: 1,
    lines: ['vitest left no report'],
  });
});

test('of two runs beside each other, all tests count, and the failure of either', () => {
  const whole = { report: { testResults: [file('passed', 'passed', 'skipped')] }, status: 0 };
  expect(summarise([whole, whole], '/repo')).toEqual({ lines: [], passed: 2, failed: 0, skipped: 2 });
  for (const broken of [
    { report: null, status: 0 },
    { report: { testResults: [] }, status: 0 },
    { ...whole, status: 1 },
  ]) {
    expect(summarise([whole, broken], '/repo')).toMatchObject({ failed: 1 });
    expect(summarise([broken, whole], '/repo')).toMatchObject({ failed: 1 });
  }
});
