import { waitFor } from '../../test/lab/wait.ts';
import { measureSideBySide } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';
import { eachOf, medianMs, memoryFacts, plotOf, withPoint } from '../scaling/curve.ts';

const counts = [100, 1_000, 10_000, 100_000];
const hostsOfDomains = 100;

export const row: Row = {
  name: 'scaling-domains',
  title: 'How the cost grows with domains',
  needs: [],
  run: async (bench) => [await growDomains(bench)],
};

async function growDomains(bench: BenchContext): Promise<Comparison> {
  const query = `{ domains(filter: { states: [RUNNING] }, orderBy: { field: NAME }, first: 100) {
    totalCount nodes { name state memory vcpus interfaces { macAddress tapMacAddress } } } }`;
  const found = await eachOf(counts, async (domains) => {
    bench.log(`${domains} domains …`);
    return await withPoint(hostsOfDomains, domains / hostsOfDomains, async (point) => {
      const memoryMib = await point.memoryMib();
      // Of a host's guests every other one runs, and the first does.
      const running = hostsOfDomains * Math.ceil(domains / hostsOfDomains / 2);
      const name = `${domains} domains`;
      const run = async () => ({ answer: totalCountOf(await point.ask(query)) });
      await waitFor(`${running} domains that run`, async () => (await run()).answer === running, 60_000);
      const [timed] = await measureSideBySide([{ name, cpu: point.cpu, run }] as const, bench.rounds, running);
      return { timed, memoryMib };
    });
  });
  return {
    title: `A page of 100 over HTTP, sorted, of the half that runs, on ${hostsOfDomains} hosts`,
    contenders: found.map(({ timed }) => timed),
    facts: memoryFacts(found),
    goals: [],
    plots: [
      plotOf('domains-memory', 'Memory of the gateway', 'domains', 'MiB', counts, found, (at) => at.memoryMib),
      plotOf('domains-page', 'A page of 100, filtered and sorted', 'domains', 'ms', counts, found, medianMs),
    ],
  };
}

/** As the query in `growDomains` asks for it. */
function totalCountOf(data: unknown): number {
  return (data as { readonly domains: { readonly totalCount: number } }).domains.totalCount;
}
