import { once } from 'node:events';
import { formatFigure } from '../report.ts';
import { timedOf } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';
import { eachOf, medianMs, plotOf, withPoint } from '../scaling/curve.ts';
import { type ScalingPoint, startChild } from '../scaling/point.ts';

const counts = [1, 10, 100, 1_000, 10_000];
const changesPerPoint = 10;

export const row: Row = {
  name: 'scaling-subscribers',
  title: 'How the cost grows with subscribers',
  needs: [],
  run: async (bench) => [await growSubscribers(bench)],
};

/** From a change at the host until the last subscriber has heard of it. */
async function growSubscribers(bench: BenchContext): Promise<Comparison> {
  const found = await withPoint(1, 10, (point) =>
    eachOf(counts, async (count) => {
      bench.log(`${count} subscribers …`);
      const before = await point.memoryMib();
      const child = await startChild('subscribers.ts', { url: point.url, token: point.token, count });
      try {
        const samples = { timesMs: [] as number[], cpusMs: [] as number[] };
        for (let round = -1; round < changesPerPoint; round += 1) {
          const { ms, cpuMs } = await hearOneChange(point, child);
          // The first finds out whether all have subscribed, and warms up.
          if (round < 0) continue;
          samples.timesMs.push(ms);
          samples.cpusMs.push(cpuMs);
        }
        return {
          timed: timedOf(`${count} subscribers`, undefined, samples),
          memoryMib: (await point.memoryMib()) - before,
          count,
        };
      } finally {
        await child.close();
      }
    }),
  );
  return {
    title: 'A change to subscribers of one document, a WebSocket each, until the last has it',
    contenders: found.map(({ timed }) => timed),
    facts: found.map(({ timed, count }) => ({
      name: `CPU of one message, ${timed.name}`,
      value: `${formatFigure(((timed.cpuMs ?? Number.NaN) * 1_000) / count)} µs`,
    })),
    goals: [],
    plots: [
      plotOf(
        'subscribers-latency',
        'Until the last subscriber has a change',
        'subscribers',
        'ms',
        counts,
        found,
        medianMs,
      ),
      plotOf(
        'subscribers-cpu',
        "The gateway's CPU for a change",
        'subscribers',
        'ms',
        counts,
        found,
        (at) => at.timed.cpuMs ?? Number.NaN,
      ),
    ],
  };
}

async function hearOneChange(point: ScalingPoint, subscribers: Awaited<ReturnType<typeof startChild>>) {
  const deadline = { signal: AbortSignal.timeout(60_000) };
  const counting = once(subscribers, 'message', deadline);
  subscribers.send('count');
  await counting;
  const heard = once(subscribers, 'message', deadline);
  const cpuBefore = point.cpu();
  const startedAt = performance.timeOrigin + performance.now();
  point.change();
  const [lastAt] = await heard;
  return { ms: Number(lastAt) - startedAt, cpuMs: point.cpu() - cpuBefore };
}
