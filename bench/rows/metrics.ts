import { spawn } from 'node:child_process';
import { scrapedReadingsTickMs } from '../../src/fleet/stats/scraped-readings.ts';
import type { Gateway } from '../../test/lab/gateway.ts';
import type { Lab } from '../../test/lab/lab.ts';
import { waitFor } from '../../test/lab/wait.ts';
import { entryOf, openBenchHost, type Subject } from '../bench-host.ts';
import { cpuOfProcess } from '../cpu.ts';
import { readHostCalls, scrape } from '../host-calls.ts';
import { keepIn } from '../keep.ts';
import { openGatewayOf } from '../over-http.ts';
import { type Contender, measureSideBySide, ratioGoal } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';

export const row: Row = {
  name: 'metrics',
  title: 'A scrape of /metrics',
  needs: ['lab', 'exporter'],
  async run(bench) {
    const { lab, test } = await openBenchHost(bench);
    return [await besideExporter(bench, lab, test), await twice(bench, lab, test)];
  },
};

async function besideExporter(bench: BenchContext, lab: Lab, subject: Subject): Promise<Comparison> {
  await using opened = new AsyncDisposableStack();
  const keep = keepIn(opened);
  const exporter = keep(await openExporter(subject));
  const gateway = keep(await openGatewayOf(lab, entryOf(subject)));
  const toldByExporter = await exporter.countDomains();
  const [theirs, ours] = await measureSideBySide(
    [
      // It does not tell of all domains, which the facts say; of how many must stay the same.
      { ...exporter.contender, run: async () => ({ answer: (await exporter.countDomains()) === toldByExporter }) },
      ourScrape(gateway, subject.domains),
    ] as const,
    bench.rounds,
    true,
  );
  return {
    title: `${subject.domains} domains of the test driver`,
    contenders: [theirs, ours],
    facts: [
      { name: 'domains that prometheus-libvirt-exporter tells of', value: `${toldByExporter} of ${subject.domains}` },
      { name: 'domains that virtgraph tells of', value: `${subject.domains} of ${subject.domains}` },
    ],
    goals: [ratioGoal('times faster than prometheus-libvirt-exporter', { of: theirs, to: ours, atLeast: 2 })],
  };
}

/** The same host under two names: ten thousand domains. */
async function twice(bench: BenchContext, lab: Lab, subject: Subject): Promise<Comparison> {
  await using opened = new AsyncDisposableStack();
  const hosts = [entryOf(subject), { name: 'again', uri: subject.sshUri }] as const;
  const gateway = keepIn(opened)(await openGatewayOf(lab, ...hosts));
  const domains = subject.domains * hosts.length;
  // The first scrape has readings begin: what is counted are the calls of a gateway that is scraped already.
  const readings = async () => [...(await scrape(gateway)).matchAll(/^virtgraph_host_readings_timestamp_seconds\{/gm)];
  await waitFor('the first readings', async () => (await readings()).length === hosts.length, 60_000);
  const before = await readHostCalls(gateway);
  const startedAt = performance.now();
  const [ours] = await measureSideBySide([ourScrape(gateway, domains)] as const, bench.rounds, true);
  const calls = (await readHostCalls(gateway)) - before;
  const elapsedMs = performance.now() - startedAt;
  // As many ticks as such a time can hold, wherever in the grid it begins.
  const ticks = Math.floor(elapsedMs / scrapedReadingsTickMs) + 1;
  return {
    title: `${domains} domains of the test driver on two hosts`,
    contenders: [ours],
    facts: [
      {
        name: 'calls to hosts meanwhile',
        value: `${calls} in ${(elapsedMs / 1_000).toFixed(1)} s; ${ticks * hosts.length} are those of its ticks`,
      },
    ],
    goals: [
      { text: 'milliseconds for a scrape', ratio: ours.medianMs, target: 1_000, better: 'lower' },
      {
        text: `calls to hosts in ${bench.rounds + 1} scrapes, beyond one a host and tick of ${scrapedReadingsTickMs / 1_000} s`,
        ratio: Math.max(0, calls - ticks * hosts.length),
        target: 0,
        better: 'lower',
      },
    ],
  };
}

function ourScrape(gateway: Gateway, domains: number): Contender {
  return {
    name: 'virtgraph, /metrics',
    cpu: cpuOfProcess(gateway.pid),
    run: async () => ({
      answer: [...(await scrape(gateway)).matchAll(/^virtgraph_domain_state\{/gm)].length === domains,
    }),
  };
}

async function openExporter({ clientUri }: Subject) {
  const port = 20_000 + (process.pid % 10_000);
  const child = spawn(
    'prometheus-libvirt-exporter',
    [`--web.listen-address=127.0.0.1:${port}`, `--libvirt.uri=${clientUri}`],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', reject);
  });
  const read = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await Promise.race([waitFor('the exporter to listen', () => read().then(Boolean, () => false)), ended]);
  const contender = { name: 'prometheus-libvirt-exporter, unix socket', cpu: cpuOfProcess(child.pid ?? 0) };
  return {
    contender,
    countDomains: async () => [...(await read()).matchAll(/^libvirt_domain_info_virtual_cpus\{/gm)].length,
    async close() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
