import { expect } from 'vitest';
import { type ProblemCode, VirtgraphError } from '../../src/errors.ts';

/** Waits for `work` to fail with that problem, and hands back the error to be looked at. */
export async function expectProblem(work: Promise<unknown>, problem: ProblemCode): Promise<VirtgraphError> {
  const error = await failureOf(work);
  expect({ problem: error.detail.problem, message: error.message }).toMatchObject({ problem });
  expect(error.detail.remedy).toBeTruthy();
  return error;
}

/** The problem with which `work` fails. */
export async function problemOf(work: Promise<unknown>): Promise<ProblemCode | undefined> {
  return (await failureOf(work)).detail.problem;
}

async function failureOf(work: Promise<unknown>): Promise<VirtgraphError> {
  const error = await work.then(
    () => new Error('it was to fail, and did not'),
    (reason: unknown) => reason,
  );
  if (error instanceof VirtgraphError) return error;
  throw error;
}
