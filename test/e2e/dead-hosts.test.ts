import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway } from '../support/gateway-process.ts';

/**
 * Who is waited for in vain is given up on after this: an answer that comes sooner has waited for none of them. How fast
 * it is on a quiet machine, the bench measures.
 */
const silenceMs = 10_000;

/**
 * Three ways to be dead: nothing listens; somebody accepts and says nothing; and nobody even accepts, as behind a
 * firewall that drops everything.
 */
let closedPort: number;
let mute: { readonly server: Server; readonly sockets: Set<Socket>; readonly port: number };
let blackhole: { readonly process: ChildProcess; readonly fillers: readonly Socket[]; readonly port: number };

beforeAll(async () => {
  const closed = createServer();
  closedPort = await listen(closed);
  await new Promise((resolve) => closed.close(resolve));

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  mute = { server, sockets, port: await listen(server) };
  blackhole = await openBlackhole();
});

afterAll(async () => {
  for (const socket of [...mute.sockets, ...blackhole.fillers]) socket.destroy();
  mute.server.close();
  blackhole.process.kill('SIGKILL');
  await once(blackhole.process, 'exit');
});

test('a gateway of 300 hosts, of which 100 are dead, is ready at once, and answers with what it has', async () => {
  const live = Array.from({ length: 200 }, (_, index) => ({ name: `live-${index}`, uri: `sim://live-${index}` }));
  const dead = Array.from({ length: 100 }, (_, index) => {
    const port = [closedPort, mute.port, blackhole.port][index % 3];
    return { name: `dead-${index}`, uri: `qemu+ssh://nobody@127.0.0.1:${port}/system?sshauth=agent` };
  });
  // Mixed, so that nothing can be had by dialling in order. JSON is YAML.
  const hosts = Array.from({ length: 100 }, (_, index) => [dead[index], live[2 * index], live[2 * index + 1]]).flat();
  const prepare = (dir: string) =>
    writeFile(join(dir, 'virtgraph.yaml'), JSON.stringify({ listen: { port: 0 }, hosts }));

  await using gateway = await startGateway({ prepare });
  const url = await gateway.url;
  const token = await gateway.token();
  const startedAt = performance.now();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const ask = asker(url, token);
  const first = await ask<Counts>('{ hosts { totalCount } domains { totalCount } }');
  const answeredMs = performance.now() - startedAt;
  expect(first.hosts.totalCount).toBe(300);
  expect(answeredMs).toBeLessThan(silenceMs);

  // Each of the living is read, whatever the dead do, …
  const ready = async () => (await ask<Counts>('{ hosts(filter: { statuses: [READY] }) { totalCount } }')).hosts;
  await expect.poll(ready).toEqual({ totalCount: 200 });
  const allReadyMs = performance.now() - startedAt;
  // … and meanwhile no question waits for any of them.
  const askedAt = performance.now();
  expect((await ask<Counts>('{ domains { totalCount } }')).domains.totalCount).toBe(1_000);
  expect(performance.now() - askedAt).toBeLessThan(silenceMs);

  // Each of the dead says why. Handshakes take turns: the last one has failed after some rounds of 10 and 20 s.
  const problems = async () => {
    const { hosts: page } = await ask<Reasons>(
      '{ hosts(filter: { statuses: [CONNECTING] }, first: 100) { nodes { name statusReason { code stage remedy } } } }',
    );
    return page.nodes;
  };
  const codes = async () => new Set((await problems()).flatMap(({ statusReason }) => statusReason?.code ?? []));
  await expect.poll(codes).toEqual(new Set(['CONNECTION_REFUSED', 'CONNECTION_TIMED_OUT']));
  expect(await problems()).toHaveLength(100);
  expect((await problems()).filter(({ statusReason }) => statusReason?.remedy === '')).toEqual([]);
  const [first300, all] = [answeredMs, allReadyMs].map(Math.round);
  console.log(`first answer after ${first300} ms, all 200 hosts after ${all} ms`);
});

type Counts = Readonly<Record<'hosts' | 'domains', { readonly totalCount: number }>>;
type Reasons = {
  readonly hosts: {
    readonly nodes: readonly {
      readonly name: string;
      readonly statusReason: { readonly code: string; readonly stage: string; readonly remedy: string } | null;
    }[];
  };
};

function asker(url: string, token: string) {
  return async <T>(query: string): Promise<T> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = (await response.json()) as { readonly data: T; readonly errors?: unknown };
    expect(errors).toBeUndefined();
    return data;
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server that listens has an address of this shape.
  return (server.address() as AddressInfo).port;
}

/** A process that listens and is stopped, with as many callers waiting as the system lets wait: it drops the next ones. */
async function openBlackhole() {
  const script = `const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const port = Number(line);
  child.kill('SIGSTOP');
  const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await Promise.all(fillers.slice(0, 2).map((socket) => once(socket, 'connect')));
  return { process: child, fillers, port };
}
