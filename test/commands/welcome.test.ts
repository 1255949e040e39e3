import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSignIn } from '../../src/commands/token.ts';
import { welcome } from '../../src/commands/welcome.ts';

const pipe = { isTTY: false };
const terminal = { isTTY: true };
const underSystemd = { JOURNAL_STREAM: '8:12345' };

describe('what a start prints', () => {
  let stateDir = '';
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'virtgraph-welcome-'));
  });
  afterEach(() => rm(stateDir, { recursive: true }));

  async function start(env: Readonly<Record<string, string>>, stdout: { readonly isTTY: boolean }) {
    const signIn = await readSignIn({ mode: 'token', tokenFile: null }, stateDir, env, stdout);
    const facts = { version: '0.1.0', url: 'http://127.0.0.1:4000', configFile: null, hostCount: 3, certFile: null };
    const token = (await readFile(join(stateDir, 'token'), 'utf8')).trim();
    return { text: welcome({ ...facts, signIn }), token };
  }

  test('the token, at the first start only', async () => {
    const first = await start({}, pipe);
    expect(first.text).toContain(`\n  ${first.token}\n`);
    expect(first.text).toContain(`/#token=${first.token}`);
    const second = await start({}, pipe);
    expect(second.token).toBe(first.token);
    expect(second.text).not.toContain(first.token);
  });

  test("no token where systemd keeps it in the journal, but the token's file", async () => {
    const { text, token } = await start(underSystemd, pipe);
    expect(token).toHaveLength(43);
    expect(text).not.toContain(token);
    expect(text).toContain(`lies in ${join(stateDir, 'token')};`);
  });

  test('the token in a terminal that a systemd service opened', async () => {
    const { text, token } = await start(underSystemd, terminal);
    expect(text).toContain(token);
  });
});
