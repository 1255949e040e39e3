import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { userInfo } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SshTarget } from '../../src/model/target.ts';
import { openSshConnection, type SshConnection } from '../../src/ssh/connection.ts';
import { problemOf } from '../ssh/expect-problem.ts';
import {
  createScratch,
  dependencies,
  type RealSshd,
  requireOpenSsh,
  type Scratch,
  startEcho,
  startSshd,
  targetFor,
} from '../ssh/real-sshd.ts';
import { blocksOf, readPage, sectionUnder } from './markdown.ts';

/**
 * The recipe of docs/OPERATIONS.md, word for word, in front of a real sshd: only the account's name and the socket's
 * path are others.
 */
const documentedSocket = '/run/libvirt/libvirt-sock';
const recipe = sectionUnder(readPage('docs/OPERATIONS.md'), 'An account that can do nothing else');
const [serverConfig = '', keyLine = ''] = blocksOf(recipe, '');

const { signal } = new AbortController();
const open: SshConnection[] = [];
let scratch: Scratch;
let echoes: Server[];
let sshd: RealSshd;
let target: SshTarget;
let connection: SshConnection;

async function connect(changes: Partial<SshTarget> = {}): Promise<SshConnection> {
  const opened = await openSshConnection({ ...target, ...changes }, dependencies(scratch), { signal });
  open.push(opened);
  return opened;
}

beforeAll(async () => {
  await requireOpenSsh();
  scratch = await createScratch();
  const socket = scratch.path('libvirt-sock');
  echoes = await Promise.all([startEcho(socket), startEcho(scratch.path('other-sock'))]);
  const options = keyLine.split(' ')[0]?.replace(documentedSocket, socket) ?? '';
  await writeFile(scratch.path('authorized_keys'), `${options} ${await readFile(scratch.path('user.pub'), 'utf8')}`);
  // As a file of its own, like those of sshd_config.d: a `Match` ends with its file.
  const config = serverConfig.replace('Match User virtgraph', `Match User ${userInfo().username}`);
  await writeFile(scratch.path('virtgraph.conf'), `${config}\n`);
  sshd = await startSshd(scratch, { config: [`Include ${scratch.path('virtgraph.conf')}`] });
  target = targetFor(scratch, sshd.port, { knownHostsFile: scratch.path('known_hosts') });
  await writeFile(scratch.path('known_hosts'), sshd.knownHosts());
  connection = await connect();
});

afterAll(async () => {
  await Promise.all(open.map((each) => each.close()));
  await sshd?.stop();
  for (const echo of echoes ?? []) echo.close();
  await scratch?.remove();
});

test('the documented account reaches the socket that it is for', async () => {
  expect(keyLine).toContain(`permitopen="[${documentedSocket}]:*"`);
  const stream = await connection.openSocket(scratch.path('libvirt-sock'), { signal });
  stream.write('hello');
  const [chunk] = await once(stream, 'data');
  expect(String(chunk)).toBe('hello');
  stream.destroy();
});

test('the documented account reaches no other socket', async () => {
  const opening = connection.openSocket(scratch.path('other-sock'), { signal });
  expect(await problemOf(opening)).toBe('SOCKET_REFUSED');
});

test('the documented account runs no command', async () => {
  const opening = connection.openCommand(['id', '-u'], { signal });
  expect(await problemOf(opening)).toBe('PROXY_COMMAND_FAILED');
});

test('the documented account forwards no TCP', async () => {
  const jump = [{ host: '127.0.0.1', port: sshd.port, user: userInfo().username }];
  expect(await problemOf(connect({ jump }))).toBe('JUMP_HOST_FAILED');
});
