/** `npm run bench:load`: holds subscriptions open, in processes of their own, and says what came in each second. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { formatTable } from '../table.ts';
import { openSubscribers } from './subscribers.ts';

const usage = `npm run bench:load -- --document FILE [--url URL] [--token TOKEN] [--subscribers N] [--per-socket N]
                      [--processes N] [--seconds N] [--variables JSON]

Opens N sockets (1000) to the gateway at URL (http://127.0.0.1:4000/graphql), each with the subscription in FILE, and
counts what comes in each second. That there is something to tell, somebody else must see to. The gateway's
\`limits.sockets\` must allow as many.
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    url: { type: 'string', default: 'http://127.0.0.1:4000/graphql' },
    token: { type: 'string', default: '' },
    subscribers: { type: 'string', default: '1000' },
    'per-socket': { type: 'string', default: '1' },
    processes: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '30' },
    document: { type: 'string' },
    variables: { type: 'string', default: '{}' },
  },
});

async function main(): Promise<void> {
  if (values.document === undefined) throw new Error('Say with --document which file has the subscription.');
  // What is wrong with it, the gateway says.
  const variables = JSON.parse(values.variables) as Record<string, unknown>;
  const subscribers = await openSubscribers({
    url: values.url,
    token: values.token,
    query: readFileSync(values.document, 'utf8'),
    variables: () => variables,
    subscribers: Number(values.subscribers),
    subscriptionsPerSocket: Number(values['per-socket']),
    processes: Number(values.processes),
  });
  console.log(`${values.subscribers} sockets are open, after ${Math.round(subscribers.openedMs)} ms.`);
  const seconds: string[][] = [];
  let text = '';
  for (let second = 1; second <= Number(values.seconds); second++) {
    await sleep(1_000);
    const count = await subscribers.count();
    text ||= count.text;
    seconds.push([String(second), String(count.messages), (count.bytes / 1_000_000).toFixed(2)]);
  }
  await subscribers.close();
  console.log(formatTable({ header: ['second', 'messages', 'MB'], lines: seconds }));
  console.log(text === '' ? 'Nothing came.' : `One of them: ${text}`);
}

if (values.help) console.log(usage);
else await main();
