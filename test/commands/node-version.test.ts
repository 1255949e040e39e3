import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeVersionProblem } from '../../src/commands/node-version.ts';

test.each(['18.19.0', '20.20.2', '22.17.9'])('Node %s is too old, and the sentence says so', (version) => {
  expect(nodeVersionProblem(version)).toBe(`Node 22.18 or newer is needed; this is Node ${version}.`);
});

test.each(['22.18.0', '22.20.1', '23.0.0', '24.1.0', '100.0.0'])('Node %s will do', (version) => {
  expect(nodeVersionProblem(version)).toBeNull();
});

test('the package asks npm for the same version', () => {
  const { engines } = JSON.parse(readFileSync(`${import.meta.dirname}/../../package.json`, 'utf8'));
  expect(engines.node).toBe('>=22.18');
});
