import { describe, expect, test } from 'vitest';
import { errorCodes, problemCodes, stages } from '../../src/errors.ts';
import { readPage, tableUnder } from './markdown.ts';

const page = readPage('docs/ERRORS.md');
const errorRows = tableUnder(page, 'Error codes');
const problemRows = tableUnder(page, 'Problem codes');

test('docs/ERRORS.md lists the error codes of the source, in its order, with whether they may be retried', () => {
  expect(errorRows.map(({ Code, Retryable }) => [Code, Retryable])).toEqual(
    Object.entries(errorCodes).map(([code, { retryable }]) => [code, retryable ? 'yes' : 'no']),
  );
});

test('docs/ERRORS.md lists the problem codes of the source, in its order, with their stages and ladders', () => {
  expect(problemRows.map(({ Problem, Stage, Ladder }) => [Problem, Stage, Ladder])).toEqual(
    Object.entries(problemCodes).map(([code, { stage, ladder }]) => [code, stage, ladder]),
  );
});

test('docs/ERRORS.md lists the stages of the source, in its order', () => {
  expect(tableUnder(page, 'Stages').map(({ Stage }) => Stage)).toEqual([...stages]);
});

describe('docs/ERRORS.md leaves no cell empty', () => {
  test.each([...errorRows, ...problemRows].map((row) => [row['Code'] ?? row['Problem'], row]))('%s', (_code, row) => {
    expect(Object.values(row)).not.toContain('');
  });
});
