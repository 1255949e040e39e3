import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { probeStages } from '../../src/model/probe.ts';
import { root } from '../architecture/imports.ts';
import { readPage, tableUnder } from './markdown.ts';

const page = readPage('docs/OPERATIONS.md');

async function help(...command: readonly string[]): Promise<string> {
  const argv = [join(root, 'src/main.ts'), ...command, '--help'];
  return (await promisify(execFile)(process.execPath, argv)).stdout;
}

const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, word]) => word);

test('docs/OPERATIONS.md lists the commands that --help lists', async () => {
  const [, commands = ''] = /^Commands:\n([\s\S]*?)\n\n/m.exec(await help()) ?? [];
  const names = found(commands, /^ {2}([a-z-]+)/gm).filter((name) => name !== 'help');
  expect(tableUnder(page, 'Commands').map(({ Command }) => Command)).toEqual(names);
});

test('docs/OPERATIONS.md lists the options of serve, and what check-config takes', async () => {
  const documented = tableUnder(page, 'Options').map(({ Option = '' }) => Option.split(' ')[0]);
  const options = async (command: string) =>
    found(await help(command), /^ +(?:-\w, )?(--[a-z-]+)/gm).filter((option) => option !== '--help');
  expect(documented).toEqual(await options('serve'));
  expect(await options('check-config')).toEqual(['--config']);
});

test('docs/OPERATIONS.md lists the options of doctor, and the stages that it goes through', async () => {
  const options = found(await help('doctor'), /^ +(?:-\w, )?(--[a-z-]+)/gm).filter((option) => option !== '--help');
  expect(tableUnder(page, 'The doctor').map(({ Option = '' }) => /--[a-z-]+/.exec(Option)?.[0])).toEqual(options);
  expect(tableUnder(page, 'The stages').map(({ Stage }) => Stage)).toEqual([...probeStages]);
});

test('docs/OPERATIONS.md explains the variables that --help names', async () => {
  const documented = tableUnder(page, 'Environment').map(({ Variable }) => Variable);
  const named = found(await help(), /^ +(VIRTGRAPH_\w+) /gm);
  expect(named).not.toEqual([]);
  expect(documented).toEqual(expect.arrayContaining(named));
});
