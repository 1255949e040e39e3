import { changesQuery } from '../load/fan-out.ts';
import { loadToken } from '../load/load-token.ts';
import { openServerUnderLoad, type ServerUnderLoad } from '../load/server-under-load.ts';
import { openSubscribers, type Subscribers } from '../load/subscribers.ts';
import { quantile, timedOf } from '../rounds.ts';
import type { Row } from '../row.ts';

const dashboards = 5_000;
/** Those who stay, and are told of changes all the while. */
const witnesses = 100;
const missedChanges = 20;
const changesBefore = 60;
const everyMs = 50;

const resumingQuery = changesQuery
  .replace('Watch {', 'Watch($after: Cursor) {')
  .replace('snapshot: NEVER', 'after: $after');

/** A round of it is seconds long, so there are few. */
const mostRounds = 3;

export const row: Row = {
  name: 'reconnect',
  title: '5,000 dashboards that come back at once',
  needs: [],
  async run(bench) {
    const openedMs: number[] = [];
    const normalMs: number[] = [];
    const meanwhileMs: number[] = [];
    const heapBytes: number[] = [];
    for (let round = 0; round < Math.min(bench.rounds, mostRounds); round++) {
      const one = await comeBack();
      openedMs.push(one.openedMs);
      normalMs.push(one.normalMs);
      meanwhileMs.push(one.meanwhileMs);
      heapBytes.push(one.heapBytes);
    }
    const ratios = meanwhileMs.map((ms, index) => ms / (normalMs[index] ?? Number.NaN));
    const spreadOf = (values: readonly number[]) => [quantile(values, 0.25), quantile(values, 0.75)] as const;
    const timed = (name: string, timesMs: readonly number[]) => timedOf(name, undefined, { timesMs, cpusMs: [] });
    return [
      {
        title: `${dashboards} subscriptions with a cursor, each ${missedChanges} changes behind; a change each ${everyMs} ms`,
        contenders: [
          timed('until all have gone on', openedMs),
          timed(`p99 of changes to ${witnesses} others, before`, normalMs),
          timed(`p99 of changes to ${witnesses} others, meanwhile`, meanwhileMs),
        ],
        goals: [
          {
            text: 's until all have gone on',
            ratio: quantile(openedMs, 0.5) / 1_000,
            target: 5,
            better: 'lower',
            spread: spreadOf(openedMs.map((ms) => ms / 1_000)),
          },
          {
            text: 'times the p99 of other changes',
            ratio: quantile(ratios, 0.5),
            target: 2,
            better: 'lower',
            spread: spreadOf(ratios),
          },
          {
            text: 'kB of heap a subscription, its socket among it',
            ratio: quantile(heapBytes, 0.5) / 1_000,
            target: 10,
            better: 'lower',
            spread: spreadOf(heapBytes.map((bytes) => bytes / 1_000)),
          },
        ],
      },
    ];
  },
};

async function comeBack() {
  const server = await openServerUnderLoad('ours');
  const opened: Subscribers[] = [];
  try {
    const of = { url: server.url, token: loadToken };
    const witness = await openSubscribers({ ...of, query: changesQuery, subscribers: witnesses });
    opened.push(witness);
    const cursor = await cursorOf(server, witness);

    async function p99Of(changes: number, isOver: () => boolean): Promise<number> {
      const latencies: number[] = [];
      for (let change = 0; change < changes && !isOver(); change++) {
        const arriving = witness.arrivals(1);
        const publishedAtMs = await server.publish(1);
        const { arrivedAtMs } = await arriving;
        for (const at of arrivedAtMs) latencies.push(at - publishedAtMs);
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
      return quantile(latencies, 0.99);
    }

    const never = () => false;
    await p99Of(missedChanges, never);
    const normalMs = await p99Of(changesBefore, never);
    const heapBefore = await server.heapBytes();
    let areBack = false;
    const coming = openSubscribers({
      ...of,
      query: resumingQuery,
      subscribers: dashboards,
      variables: () => ({ after: cursor }),
      atOnce: dashboards,
    }).finally(() => {
      areBack = true;
    });
    const meanwhileMs = await p99Of(Number.POSITIVE_INFINITY, () => areBack);
    const back = await coming;
    opened.push(back);
    // All that they missed, by the last change before they were asked.
    const { messages } = await back.count();
    if (messages < dashboards * missedChanges) {
      throw new Error(`${dashboards} who came back were told ${messages} changes; each had missed ${missedChanges}`);
    }
    const heapBytes = ((await server.heapBytes()) - heapBefore) / dashboards;
    return { openedMs: back.openedMs, normalMs, meanwhileMs, heapBytes };
  } finally {
    for (const each of opened) await each.close();
    await server.close();
  }
}

async function cursorOf(server: ServerUnderLoad, witness: Subscribers): Promise<string> {
  const arriving = witness.arrivals(1);
  await server.publish(1);
  const { text } = await arriving;
  const cursor = /"cursor":"([^"]+)"/.exec(text)?.[1];
  if (cursor === undefined) throw new Error(`A change has no cursor: ${text}`);
  return cursor;
}
