import { expect, test } from 'vitest';
import { importCycles } from './cycles.ts';
import { importsOf, importsUnder } from './imports.ts';

test('no file of src imports itself by way of others', () => {
  expect(importCycles(importsUnder('src'))).toEqual([]);
});

test('no file of the tests and scripts imports itself by way of others', () => {
  expect(importCycles([...importsUnder('test'), ...importsUnder('scripts')])).toEqual([]);
});

test('the judge finds a cycle of three files, also through types, and names the way', () => {
  const imports = [
    ...importsOf('src/a.ts', "import { b } from './b.ts';"),
    ...importsOf('src/b.ts', "import type { C } from './c/c.ts';"),
    ...importsOf('src/c/c.ts', "export { a } from '../a.ts';"),
    ...importsOf('src/d.ts', "import { a } from './a.ts';"),
  ];
  expect(importCycles(imports)).toEqual(['src/a.ts → src/b.ts → src/c/c.ts → src/a.ts']);
});

test('the judge finds a file that imports itself', () => {
  expect(importCycles(importsOf('src/a.ts', "import { a } from './a.ts';"))).toEqual(['src/a.ts → src/a.ts']);
});

test('two ways to the same file are no cycle', () => {
  const imports = [
    ...importsOf('src/a.ts', "import './b.ts';\nimport './c.ts';"),
    ...importsOf('src/b.ts', "import './d.ts';"),
    ...importsOf('src/c.ts', "import './d.ts';"),
  ];
  expect(importCycles(imports)).toEqual([]);
});
