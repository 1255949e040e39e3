import { request } from 'node:http';
import { WebSocket } from 'ws';
import { createRandom } from '../../src/drivers/libvirt/sim/random.ts';
import { between, pick } from '../chaos/choose.ts';
import { pause } from '../chaos/pause.ts';

/**
 * A process of clients, so that what they hold is not counted with what the gateway holds. Started by `fork`; says what
 * it saw when it is told to end.
 */
export type SubscribersOptions = {
  readonly url: string;
  readonly token: string;
  readonly subscribers: number;
  readonly seed: number;
  readonly hosts: readonly string[];
};

export type SubscribersReport = {
  readonly messages: number;
  readonly visits: number;
  readonly lagged: number;
  readonly mutations: number;
  /** By code; `done` for those that succeeded. */
  readonly outcomes: Readonly<Record<string, number>>;
};

/** How a client behaves. Of ten, six read and stay; of forty, one asks for far more than it reads. */
const manners = ['stays', 'stays', 'stays', 'stays', 'stays', 'stays', 'slow', 'slow', 'leaves', 'mute'] as const;
type Manner = (typeof manners)[number] | 'drowns';

function mannerOf(index: number): Manner {
  return index % 40 === 6 ? 'drowns' : (manners[index % manners.length] ?? 'stays');
}

/** The buffers of the two kernels hold some megabytes: a message must be large for a reader who pauses to fall behind. */
const everythingManyTimes = `subscription { changes(snapshot: NEVER) { __typename ... on ObjectUpserted { cursor object { id ... on Domain { ${Array.from({ length: 40 }, (_, copy) => `xml${copy}: xml`).join(' ')} } } } ... on Lagged { dropped } } }`;

const options = JSON.parse(process.argv[2] ?? '') as SubscribersOptions; // what startSubscribers wrote
const random = createRandom(options.seed);
const over = new AbortController();
const report = { messages: 0, visits: 0, lagged: 0, mutations: 0, outcomes: {} as Record<string, number> };

const clients = Array.from({ length: options.subscribers }, (_, index) => live(index));
const changers = Array.from({ length: 4 }, () => changeThings());
process.once('message', () => over.abort());
process.once('disconnect', () => process.exit(1));
await Promise.all([...clients, ...changers]);
process.send?.(report satisfies SubscribersReport, () => process.disconnect());

/** Comes, stays for a while, and comes back when it was sent away. */
async function live(index: number): Promise<void> {
  const manner = mannerOf(index);
  await pause(random.below(3_000), over.signal);
  while (!over.signal.aborted) {
    report.visits++;
    const visit = index % 4 === 3 ? visitByStream : visitBySocket;
    await visit(manner, manner === 'drowns' ? everythingManyTimes : queryFor(index));
    await pause(between(random, 200, 3_000), over.signal);
  }
}

function queryFor(index: number): string {
  const host = JSON.stringify(pick(random, options.hosts));
  const queries = [
    `subscription { changes(filter: { hosts: [${host}] }) { __typename ... on ObjectUpserted { cursor object { id ... on Domain { name state xml } } } ... on Lagged { dropped } } }`,
    `subscription { domainChanged(filter: { hosts: [${host}] }) { id name state interfaces { macAddress } } }`,
    `subscription { domainStats(filter: { hosts: [${host}] }, intervalSeconds: 2) { at samples { domain { name } stats { cpu { timeSeconds usage } } } missing { reason } } }`,
    'subscription { hostChanged { name status statusReason { code } } }',
    'subscription { changes(snapshot: NEVER) { __typename ... on ObjectUpserted { cursor object { id ... on Domain { xml } } } ... on Lagged { dropped } } }',
  ];
  return queries[index % queries.length] ?? '';
}

function hear(data: string): void {
  report.messages++;
  if (data.includes('"Lagged"')) report.lagged++;
}

/** Lasts until the socket is gone, by the client's will or not. */
async function visitBySocket(manner: Manner, query: string): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const socket = new WebSocket(`${options.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    autoPong: manner !== 'mute',
  });
  const send = (message: object) => socket.send(JSON.stringify(message));
  socket.on('open', () => send({ type: 'connection_init', payload: { token: options.token } }));
  socket.once('message', () => send({ id: '1', type: 'subscribe', payload: { query } }));
  socket.on('message', (data: Buffer) => hear(data.toString()));
  socket.on('error', () => ended.resolve());
  socket.on('close', () => ended.resolve());
  const visit = new AbortController();
  void ended.promise.then(() => visit.abort());
  await behave(manner, AbortSignal.any([over.signal, visit.signal]), {
    stop: () => socket.pause(),
    goOn: () => socket.resume(),
  });
  socket.terminate();
}

async function visitByStream(manner: Manner, query: string): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const headers = { accept: 'text/event-stream', authorization: `Bearer ${options.token}` };
  const call = request(`${options.url}/graphql?query=${encodeURIComponent(query)}`, { headers, agent: false });
  call.on('error', () => ended.resolve());
  call.on('response', (response) => {
    response.setEncoding('utf8').on('data', hear);
    response.on('error', () => {});
    response.on('close', () => ended.resolve());
  });
  call.end();
  const visit = new AbortController();
  void ended.promise.then(() => visit.abort());
  await behave(manner, AbortSignal.any([over.signal, visit.signal]), {
    stop: () => call.socket?.pause(),
    goOn: () => call.socket?.resume(),
  });
  call.destroy();
}

async function behave(
  manner: Manner,
  signal: AbortSignal,
  reading: { readonly stop: () => void; readonly goOn: () => void },
): Promise<void> {
  switch (manner) {
    case 'stays':
      await pause(3_600_000, signal);
      return;
    case 'slow':
      while (!signal.aborted) {
        await pause(between(random, 100, 1_000), signal);
        reading.stop();
        await pause(between(random, 500, 9_000), signal);
        reading.goOn();
      }
      return;
    case 'drowns':
      while (!signal.aborted) {
        reading.stop();
        // Long enough to fall behind, and too short to be taken for one that has vanished.
        await pause(between(random, 6_000, 10_000), signal);
        reading.goOn();
        await pause(between(random, 100, 400), signal);
      }
      return;
    case 'leaves':
      await pause(between(random, 500, 10_000), signal);
      return;
    case 'mute':
      // Neither reads nor answers, and does not say that it has gone.
      await pause(between(random, 500, 5_000), signal);
      reading.stop();
      await pause(40_000, signal);
      return;
    default:
      manner satisfies never;
  }
}

/** Starts and stops guests, one after the other. */
async function changeThings(): Promise<void> {
  const verbs = ['startDomain', 'forceOffDomain', 'suspendDomain', 'resumeDomain'];
  while (!over.signal.aborted) {
    const host = pick(random, options.hosts);
    const names = await ask<{ readonly domains: { readonly nodes: readonly { readonly id: string }[] } }>(
      'query ($host: String!) { domains(filter: { hosts: [$host] }, first: 100) { nodes { id } } }',
      { host },
    );
    const nodes = typeof names === 'string' ? [] : names.domains.nodes;
    for (let time = 0; time < 20 && nodes.length > 0 && !over.signal.aborted; time++) {
      const { id } = pick(random, nodes);
      const verb = pick(random, verbs);
      // By a variable: each other text would be a document of its own, and what the gateway keeps of these grows for hours.
      const answer = await ask(`mutation ($id: ID!) { ${verb}(input: { domain: { id: $id } }) { summary } }`, { id });
      report.mutations++;
      const outcome = typeof answer === 'string' ? answer : 'done';
      report.outcomes[outcome] = (report.outcomes[outcome] ?? 0) + 1;
      await pause(between(random, 20, 150), over.signal);
    }
    await pause(100, over.signal);
  }
}

/** The data, or the code of the first error. */
async function ask<T>(query: string, variables: object = {}): Promise<T | string> {
  const response = await fetch(`${options.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${options.token}` },
    body: JSON.stringify({ query, variables }),
  });
  // GraphQL's own shape; T is what the query asks for.
  const { data, errors } = (await response.json()) as {
    readonly data?: T;
    readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
  };
  const code = errors?.[0]?.extensions.code;
  if (code !== undefined) return code;
  return data ?? `status ${response.status}`;
}
