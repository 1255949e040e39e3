import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'virtgraph-config-'));
});
afterEach(() => rm(dir, { recursive: true }));

const oneHost = (name: string) => `hosts: [{ name: ${name}, uri: "qemu:///system" }]\n`;

async function write(name: string, text: string | Uint8Array): Promise<string> {
  const file = join(dir, name);
  await writeFile(file, text);
  return file;
}

describe('loadConfig', () => {
  test('prefers the file it is told, then that of the environment, then that of the working directory', async () => {
    const told = await write('told.yaml', oneHost('told'));
    const env = { VIRTGRAPH_CONFIG: await write('env.yaml', oneHost('env')) };
    const here = await write('virtgraph.yaml', oneHost('here'));
    const load = (path: string | null, environment: Record<string, string>) =>
      loadConfig({ path, env: environment, workingDir: dir });
    expect(await load(told, env)).toMatchObject({ ok: true, config: { file: told, hosts: [{ name: 'told' }] } });
    expect(await load(null, env)).toMatchObject({ ok: true, config: { hosts: [{ name: 'env' }] } });
    expect(await load(null, {})).toMatchObject({ ok: true, config: { file: here, hosts: [{ name: 'here' }] } });
    expect(await load(null, { VIRTGRAPH_CONFIG: '' })).toMatchObject({
      ok: true,
      config: { hosts: [{ name: 'here' }] },
    });
  });

  test('takes a path relative to the working directory, and paths inside relative to the file', async () => {
    await mkdir(join(dir, 'sub'));
    await write('sub/mine.yaml', 'auth: { tokenFile: token }');
    expect(await loadConfig({ path: 'sub/mine.yaml', env: {}, workingDir: dir })).toMatchObject({
      ok: true,
      config: { auth: { tokenFile: join(dir, 'sub', 'token') } },
    });
  });

  test('passes on what the command line overrides', async () => {
    const path = await write('a.yaml', 'listen: { port: 1 }');
    expect(await loadConfig({ path, env: {}, workingDir: dir, overrides: { port: 7 } })).toMatchObject({
      config: { listen: { port: 7 } },
    });
  });

  test('uses HOME for ~/', async () => {
    const path = await write('a.yaml', 'auth: { tokenFile: ~/t }');
    expect(await loadConfig({ path, env: { HOME: '/home/x' }, workingDir: dir })).toMatchObject({
      config: { auth: { tokenFile: '/home/x/t' } },
    });
  });

  test.each([
    ['that is not there', async () => 'missing.yaml', /no such file/],
    ['that is a directory', async () => dir, /directory/],
    ['that is not UTF-8', () => write('a.yaml', new Uint8Array([0x61, 0xff, 0xfe])), /UTF-8/],
    ['that is too large', () => write('a.yaml', `# ${'x'.repeat(4_200_000)}`), /at most 4194304 bytes/],
    ['that is empty', () => write('a.yaml', ''), /empty file/],
  ])('tells of a file %s', async (_name, make, expected) => {
    const path = await make();
    const result = await loadConfig({ path, env: {}, workingDir: dir });
    expect(result).toMatchObject({
      ok: false,
      problems: [{ file: expect.stringContaining(path), line: 1, column: 1, message: expect.stringMatching(expected) }],
    });
  });
});
