import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { judgeNamedFiles, withUsableFiles } from '../../src/commands/named-files.ts';
import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/parse-config.ts';

const token = 'a-token-that-is-long-enough';

async function scratch(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'virtgraph-named-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

function configOf(dir: string, text: string): Config {
  const result = parseConfig(text, join(dir, 'virtgraph.yaml'), { homeDir: dir });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

test('a token file is warned of when every user may read it, not when a group may', async () => {
  const dir = await scratch();
  const config = configOf(dir, 'auth: { tokenFile: token }');
  await writeFile(join(dir, 'token'), `${token}\n`, { mode: 0o640 });
  expect(await judgeNamedFiles(config, {})).toEqual({ problems: [], warnings: [] });
  await chmod(join(dir, 'token'), 0o644);
  const { problems, warnings } = await judgeNamedFiles(config, {});
  expect(problems).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining(`chmod 600 ${join(dir, 'token')}`)]);
  // The file means nothing then.
  expect(await judgeNamedFiles(config, { VIRTGRAPH_TOKEN: token })).toEqual({ problems: [], warnings: [] });
});

test('a configuration that is read again must name usable files, but only where it names others', async () => {
  const dir = await scratch();
  const started = configOf(dir, 'auth: { tokenFile: token }');
  const other = configOf(dir, 'auth: { tokenFile: other }');
  const same = configOf(dir, 'auth: { tokenFile: token }\nlog: { level: debug }');
  expect(await withUsableFiles({ ok: true, config: same }, started, {})).toEqual({ ok: true, config: same });
  expect(await withUsableFiles({ ok: true, config: other }, started, {})).toMatchObject({
    ok: false,
    problems: [{ file: join(dir, 'virtgraph.yaml'), path: 'auth', message: expect.stringContaining('cannot be read') }],
  });
  await writeFile(join(dir, 'other'), token, { mode: 0o600 });
  expect(await withUsableFiles({ ok: true, config: other }, started, {})).toEqual({ ok: true, config: other });
});
