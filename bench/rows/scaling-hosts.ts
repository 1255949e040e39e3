import { timedOf } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';
import { eachOf, type Found, memoryFacts, plotOf, withPoint } from '../scaling/curve.ts';

const counts = [10, 100, 1_000];

export const row: Row = {
  name: 'scaling-hosts',
  title: 'How the cost grows with hosts',
  needs: [],
  run: async (bench) => [await growHosts(bench)],
};

async function growHosts(bench: BenchContext): Promise<Comparison> {
  const found = await eachOf(counts, async (hosts) => {
    bench.log(`${hosts} hosts …`);
    return await withPoint(hosts, 10, async (point) => ({
      timed: timedOf(`${hosts} hosts`, undefined, { timesMs: [point.readyMs], cpusMs: [point.readyCpuMs] }),
      memoryMib: await point.memoryMib(),
    }));
  });
  return {
    title: 'Embedded hosts of 10 domains, on unix sockets: from the start of the process until all are read',
    contenders: found.map(({ timed }) => timed),
    facts: memoryFacts(found),
    goals: [],
    plots: [
      plotOf(
        'hosts-memory',
        'Memory of the gateway',
        'hosts of 10 domains',
        'MiB',
        counts,
        found,
        (at) => at.memoryMib,
      ),
      plotOf(
        'hosts-ready',
        'From start to all hosts read',
        'hosts of 10 domains',
        'seconds',
        counts,
        found,
        readySeconds,
      ),
    ],
  };
}

const readySeconds = ({ timed }: Found) => timed.medianMs / 1_000;
