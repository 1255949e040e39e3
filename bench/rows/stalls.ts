import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { defaultJournalLimits } from '../../src/fleet/journal/journal.ts';
import { quantile, timedOf } from '../rounds.ts';
import type { Comparison, Goal, Row } from '../row.ts';
import type { Stalls, StallsRequest } from '../stalls/messages.ts';

const domains = 5_000;
const changes = 1_000;
/** Each makes a host and a gateway anew. */
const mostRounds = 5;
const patienceMs = 120_000;

/** What was seen in one phase of one round, and of an idle process meanwhile. */
type Phase = { readonly tookMs: number; readonly gateway: Stalls; readonly idle: Stalls };

export const row: Row = {
  name: 'stalls',
  title: 'The longest that the event loop is kept',
  needs: [],
  async run(bench) {
    const rounds: { readonly connecting: Phase; readonly changing: Phase }[] = [];
    for (let round = 0; round < Math.min(bench.rounds, mostRounds); round++) rounds.push(await runOnce());
    return [
      comparison(
        `A host of ${domains} domains connects`,
        rounds.map(({ connecting }) => connecting),
      ),
      comparison(
        `${changes} of them change within a second`,
        rounds.map(({ changing }) => changing),
      ),
    ];
  },
};

async function runOnce(): Promise<{ readonly connecting: Phase; readonly changing: Phase }> {
  const dir = mkdtempSync(join(tmpdir(), 'virtgraph-stalls-'));
  const socketPath = join(dir, 'socket');
  const host = start('host', socketPath, String(domains));
  await once(host, 'message');
  const idle = start('gateway', 'idle');
  const gateway = start('gateway', 'gateway', socketPath, dir);
  await Promise.all([once(idle, 'message'), once(gateway, 'message')]);
  const pair = { gateway, idle };
  try {
    // What it takes to start is another row's.
    await pause(1_000);
    const connecting = await watch(
      pair,
      () => ask(gateway, 'dial'),
      ({ isReady }) => isReady,
    );
    await pause(1_000);
    const { changes: before } = await ask(gateway, 'take');
    const change = () => void host.send(changes);
    const changing = await watch(pair, change, ({ changes: now }) => now - before >= changes);
    return { connecting, changing };
  } finally {
    for (const child of [host, idle, gateway]) child.disconnect();
    await Promise.all([host, idle, gateway].map((child) => once(child, 'exit')));
    rmSync(dir, { recursive: true, force: true });
  }
}

function start(program: 'host' | 'gateway', ...args: string[]): ChildProcess {
  return fork(fileURLToPath(new URL(`../stalls/${program}.ts`, import.meta.url)), args);
}

async function ask(child: ChildProcess, request: StallsRequest): Promise<Stalls> {
  const answered = once(child, 'message');
  child.send(request);
  const [answer] = (await answered) as [Stalls]; // it sends nothing else once it is open
  return answer;
}

/** From a beginning to an end, asked for a few times a second. */
async function watch(
  { gateway, idle }: { readonly gateway: ChildProcess; readonly idle: ChildProcess },
  begin: () => unknown,
  isOver: (seen: Stalls) => boolean,
): Promise<Phase> {
  await Promise.all([ask(gateway, 'take'), ask(idle, 'take')]);
  const startedAt = performance.now();
  await begin();
  let seen = await ask(gateway, 'take');
  while (!isOver(seen)) {
    if (performance.now() - startedAt > patienceMs) throw new Error('The gateway is not done after two minutes.');
    await pause(100);
    const later = await ask(gateway, 'take');
    seen = { ...later, wallMs: Math.max(seen.wallMs, later.wallMs), cpuMs: Math.max(seen.cpuMs, later.cpuMs) };
  }
  const tookMs = performance.now() - startedAt;
  const { entries, bytes } = defaultJournalLimits;
  if (seen.journalEntries > entries || seen.journalBytes > bytes) throw new Error('The journal is beyond its bounds.');
  return { tookMs, gateway: seen, idle: await ask(idle, 'take') };
}

function comparison(title: string, phases: readonly Phase[]): Comparison {
  const ms = (values: readonly number[]) => {
    const [least, median, most] = [0, 0.5, 1].map((q) => quantile(values, q).toFixed(1));
    return `${median} ms (${least} to ${most})`;
  };
  const walls = phases.map(({ gateway }) => gateway.wallMs);
  const cpus = phases.map(({ gateway }) => gateway.cpuMs);
  const goal = (text: string, values: readonly number[]): Goal => ({
    text,
    ratio: quantile(values, 0.5),
    target: 50,
    better: 'lower',
    spread: [quantile(values, 0.25), quantile(values, 0.75)],
  });
  return {
    title,
    contenders: [
      timedOf('virtgraph, until all of it is told', undefined, {
        timesMs: phases.map(({ tookMs }) => tookMs),
        cpusMs: [],
      }),
    ],
    facts: [
      { name: 'longest stall of the gateway, median of the rounds', value: ms(walls) },
      { name: 'of an idle process meanwhile', value: ms(phases.map(({ idle }) => idle.wallMs)) },
      { name: 'most CPU of the gateway in one turn', value: ms(cpus) },
    ],
    goals: [
      goal('milliseconds that the event loop is kept at most', walls),
      goal('milliseconds of CPU in one turn of it', cpus),
    ],
  };
}
