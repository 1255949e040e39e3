import { changesQuery } from '../load/fan-out.ts';
import { loadToken } from '../load/load-token.ts';
import { openServerUnderLoad, type ServerUnderLoad } from '../load/server-under-load.ts';
import { mayBeUrgent, openSubscribers, type Subscribers } from '../load/subscribers.ts';
import { quantile, timedOf } from '../rounds.ts';
import type { Row } from '../row.ts';

const dashboards = 5_000;
/** Those who stay, and are told of changes all the while. */
const witnesses = 100;
const missedChanges = 20;
const changesBefore = 60;
const everyMs = 50;

/** What the dashboards watch, and what the witnesses do: so it is the coming back alone that is measured, and not that there are more to tell. */
const hostOfDashboards = 0;
const hostOfWitnesses = 1;

const ofHost = (query: string, host: number) =>
  query.replace('filter: { kinds', `filter: { hosts: ["host-${host}"], kinds`);
const witnessQuery = ofHost(changesQuery, hostOfWitnesses);
const resumingQuery = ofHost(changesQuery, hostOfDashboards)
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
    const cpusMs: number[] = [];
    const normalMs: number[] = [];
    const meanwhileMs: number[] = [];
    const heapBytes: number[] = [];
    for (let round = 0; round < Math.min(bench.rounds, mostRounds); round++) {
      const one = await comeBack();
      openedMs.push(one.openedMs);
      cpusMs.push(one.cpuMs);
      normalMs.push(one.normalMs);
      meanwhileMs.push(one.meanwhileMs);
      heapBytes.push(one.heapBytes);
    }
    const ratios = meanwhileMs.map((ms, index) => ms / (normalMs[index] ?? Number.NaN));
    const spreadOf = (values: readonly number[]) => [quantile(values, 0.25), quantile(values, 0.75)] as const;
    const timed = (name: string, timesMs: readonly number[], cpus: readonly number[] = [], note?: string) =>
      timedOf(name, note, { timesMs, cpusMs: cpus });
    return [
      {
        title: `${dashboards} subscriptions with a cursor, each ${missedChanges} changes behind; another change each ${everyMs} ms`,
        contenders: [
          timed('until all have heard what they missed', openedMs, cpusMs),
          timed(`p99 of changes to ${witnesses} others, before`, normalMs),
          timed(`p99 of changes to ${witnesses} others, meanwhile`, meanwhileMs, [], noteOfWitnesses()),
        ],
        goals: [
          {
            text: 's until all have heard what they missed',
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

/** Those who come back share the machine with the gateway, and with those who tell how late it is. */
function noteOfWitnesses(): string {
  return mayBeUrgent()
    ? 'the process of those others goes before all else, so that its own wait for a processor is not measured'
    : 'the wait of those others for a processor is measured too: only root may spare them that';
}

async function comeBack() {
  const server = await openServerUnderLoad('ours', { hosts: 2 });
  const opened: Subscribers[] = [];
  try {
    const of = { url: server.url, token: loadToken };
    const witness = await openSubscribers({ ...of, query: witnessQuery, subscribers: witnesses, areUrgent: true });
    opened.push(witness);
    const cursor = await cursorOf(server, witness);

    async function p99Of(changes: number, isOver: () => boolean): Promise<number> {
      const latencies: number[] = [];
      for (let change = 0; change < changes && !isOver(); change++) {
        const arriving = witness.arrivals(1);
        const publishedAtMs = await server.publish(1, hostOfWitnesses);
        const { arrivedAtMs } = await arriving;
        for (const at of arrivedAtMs) latencies.push(at - publishedAtMs);
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
      return quantile(latencies, 0.99);
    }

    const never = () => false;
    await p99Of(changesBefore, never);
    const normalMs = await p99Of(changesBefore, never);
    for (let change = 0; change < missedChanges; change++) await server.publish(1, hostOfDashboards);
    const heapBefore = await server.heapBytes();
    const before = await server.usage();
    let areBack = false;
    const coming = openSubscribers({
      ...of,
      query: resumingQuery,
      subscribers: dashboards,
      variables: () => ({ after: cursor }),
      atOnce: dashboards,
    })
      // Each hears of all that it missed.
      .then(async (back) => ({ back, missed: await back.arrivals(missedChanges) }))
      .finally(() => {
        areBack = true;
      });
    const meanwhileMs = await p99Of(Number.POSITIVE_INFINITY, () => areBack);
    const { back, missed } = await coming;
    opened.push(back);
    const after = await server.usage();
    const cpuMs = (after.userUs + after.systemUs - before.userUs - before.systemUs) / 1_000;
    const openedMs = quantile(missed.arrivedAtMs, 1) - back.startedAtMs;
    const heapBytes = ((await server.heapBytes()) - heapBefore) / dashboards;
    return { openedMs, cpuMs, normalMs, meanwhileMs, heapBytes };
  } finally {
    for (const each of opened) await each.close();
    await server.close();
  }
}

async function cursorOf(server: ServerUnderLoad, witness: Subscribers): Promise<string> {
  const arriving = witness.arrivals(1);
  await server.publish(1, hostOfWitnesses);
  const { text } = await arriving;
  const cursor = /"cursor":"([^"]+)"/.exec(text)?.[1];
  if (cursor === undefined) throw new Error(`A change has no cursor: ${text}`);
  return cursor;
}
