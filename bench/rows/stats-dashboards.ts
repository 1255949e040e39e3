import { setTimeout as pause } from 'node:timers/promises';
import { openFanOut } from '../load/fan-out.ts';
import { loadToken } from '../load/load-token.ts';
import { openServerUnderLoad } from '../load/server-under-load.ts';
import { openSubscribers } from '../load/subscribers.ts';
import { quantile, timedOf } from '../rounds.ts';
import type { Row } from '../row.ts';
import { withPoint } from '../scaling/curve.ts';
import type { ScalingPoint } from '../scaling/point.ts';

const hosts = 10;
const domainsPerHost = 100;
const dashboards = 200;
/** Of a second each. */
const ticksPerRound = 8;
/** A round is many seconds long. */
const mostRounds = 5;

const query = `subscription { domainStats(intervalSeconds: 1) { at samples {
  domain { id name } stats { cpu { usage timeSeconds } memory { current rss } }
} missing { reason } } }`;

export const row: Row = {
  name: 'stats-dashboards',
  title: 'Readings of 1,000 domains each second, to 200 dashboards and to one',
  needs: [],
  run: (bench) =>
    withPoint(hosts, domainsPerHost, async (point) => {
      const rounds = Math.min(bench.rounds, mostRounds);
      const one: Watched[] = [];
      const many: Watched[] = [];
      // What is read and written at a tick was never optimised until then: the first rounds took twice as long, whoever watched.
      await watch(point, dashboards);
      await watch(point, dashboards);
      for (let round = 0; round < rounds; round++) {
        one.push(await watch(point, 1));
        many.push(await watch(point, dashboards));
        bench.log(`stats-dashboards: round ${round + 1} of ${rounds}`);
      }
      const sending = await cpuOfSending(many[0]?.text ?? '', rounds);
      const extrasMs = many.map(({ cpuMs }, index) => (cpuMs - (one[index]?.cpuMs ?? Number.NaN)) / (dashboards - 1));
      const ratios = extrasMs.map((ms) => ms / quantile(sending, 0.5));
      const timed = (name: string, cpusMs: readonly number[]) => timedOf(name, undefined, { timesMs: cpusMs, cpusMs });
      const calls = (watched: readonly Watched[]) => watched.map((each) => each.callsPerTick);
      const oneCall = (text: string, watched: readonly Watched[]) => ({
        text: `calls to a host at each tick, ${text}`,
        ratio: Math.max(...calls(watched)),
        target: 1,
        better: 'lower' as const,
        spread: [Math.min(...calls(watched)), Math.max(...calls(watched))] as const,
      });
      return [
        {
          title: `CPU of a tick: ${hosts} hosts of ${domainsPerHost} domains, ${(many[0]?.text.length ?? 0) / 1_000} kB a message`,
          contenders: [
            timed(
              'one dashboard',
              one.map(({ cpuMs }) => cpuMs),
            ),
            timed(
              `${dashboards} dashboards`,
              many.map(({ cpuMs }) => cpuMs),
            ),
            timed('one more dashboard', extrasMs),
            timed('ws.send of as many bytes, to one', sending),
          ],
          goals: [
            oneCall('one dashboard', one),
            oneCall(`${dashboards} dashboards`, many),
            {
              text: 'times the CPU of sending its bytes, for one more dashboard',
              ratio: quantile(ratios, 0.5),
              target: 2,
              better: 'lower',
              spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
            },
          ],
        },
      ];
    }),
};

type Watched = { readonly cpuMs: number; readonly callsPerTick: number; readonly text: string };

/** Between two ticks each time, so that it is whole ticks that are counted. */
async function watch(point: ScalingPoint, subscribers: number): Promise<Watched> {
  const watching = await openSubscribers({ url: `${point.url}/graphql`, token: point.token, query, subscribers });
  try {
    // The first readings have no rates, and not all begin with the same tick.
    await pause(2_500);
    await afterTick();
    const { text } = await watching.count();
    const callsBefore = await readingCalls(point);
    const cpuBefore = point.cpu();
    for (let tick = 0; tick < ticksPerRound; tick++) await watching.arrivals(1);
    await afterTick(0);
    const cpuMs = (point.cpu() - cpuBefore) / ticksPerRound;
    const callsPerTick = ((await readingCalls(point)) - callsBefore) / hosts / ticksPerRound;
    if (!text.includes('"samples":[{')) throw new Error(`A dashboard was told ${text.slice(0, 300)}`);
    return { cpuMs, callsPerTick, text };
  } finally {
    await watching.close();
  }

  /** When the last has heard of it, and what comes after that is done. */
  async function afterTick(ticks = 1) {
    for (let tick = 0; tick < ticks; tick++) await watching.arrivals(1);
    await pause(100);
  }
}

/** Bulk readings that hosts were asked for so far. Without readings on the page, which would themselves be asked for. */
async function readingCalls({ url, token }: ScalingPoint): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/metrics?readings=none`, { headers });
  const lines = /^virtgraph_host_call_duration_seconds_count\{[^}]*lane="stats"[^}]*\} (\d+)$/gm;
  return [...(await response.text()).matchAll(lines)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Of one message, round by round. */
async function cpuOfSending(message: string, rounds: number): Promise<readonly number[]> {
  const server = await openServerUnderLoad('ws.send', { message });
  const sending = await openFanOut(server, { name: 'ws.send', token: loadToken, sockets: dashboards });
  try {
    const samples: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const before = sending.contender.cpu?.() ?? 0;
      for (let tick = 0; tick < ticksPerRound; tick++) await sending.contender.run();
      samples.push(((sending.contender.cpu?.() ?? 0) - before) / ticksPerRound / dashboards);
    }
    return samples;
  } finally {
    await sending.close();
  }
}
