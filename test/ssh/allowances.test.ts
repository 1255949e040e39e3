import { writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { readAllowances } from '../../src/ssh/allowances.ts';
import { openSshConnection } from '../../src/ssh/connection.ts';
import {
  createScratch,
  dependencies,
  type RealSshd,
  requireOpenSsh,
  type Scratch,
  startEcho,
  startSshd,
  targetFor,
} from './real-sshd.ts';

const { signal } = new AbortController();
let scratch: Scratch;
let echoes: Server[];

beforeAll(async () => {
  await requireOpenSsh();
  scratch = await createScratch();
  echoes = await Promise.all([startEcho(scratch.path('wanted')), startEcho(scratch.path('other'))]);
});

afterAll(async () => {
  for (const echo of echoes ?? []) echo.close();
  await scratch?.remove();
});

/** What a login may do on a server with these lines in its configuration. */
async function allowancesWith(...config: readonly string[]) {
  const sshd: RealSshd = await startSshd(scratch, { config });
  await writeFile(scratch.path('known_hosts'), sshd.knownHosts());
  const connection = await openSshConnection(targetFor(scratch, sshd.port), dependencies(scratch), { signal });
  try {
    const sockets = [scratch.path('other'), scratch.path('missing')];
    return await readAllowances(connection, sockets, { clock: systemClock, signal });
  } finally {
    await connection.close();
    await sshd.stop();
  }
}

test('a server without rules allows commands, TCP, and every socket that is there', async () => {
  expect(await allowancesWith()).toEqual({
    commands: 'ALLOWED',
    tcp: 'ALLOWED',
    openSockets: [scratch.path('other')],
  });
});

test('a server that opens one socket and nothing else is found to', async () => {
  const rules = ['MaxSessions 0', 'AllowTcpForwarding local', `PermitOpen [${scratch.path('wanted')}]:*`];
  expect(await allowancesWith(...rules)).toEqual({ commands: 'REFUSED', tcp: 'REFUSED', openSockets: [] });
});

test.each(['/bin/false', '/bin/echo This account is not available.'])(
  'a forced command is not taken for one of ours: %s',
  async (command) => {
    expect((await allowancesWith(`ForceCommand ${command}`)).commands).toBe('FORCED');
  },
);

test('TCP is told from sockets where the server forbids one of them', async () => {
  expect(await allowancesWith('AllowStreamLocalForwarding no')).toMatchObject({ tcp: 'ALLOWED', openSockets: [] });
});
