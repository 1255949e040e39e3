import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { FleetMetrics, HostMetrics } from '../../../src/fleet/fleet-metrics.ts';
import { type Family, labelText, writeFamilies } from '../../../src/server/metrics/exposition.ts';
import { createMetrics, type Metrics } from '../../../src/server/metrics/metrics.ts';

const journal = { entries: 0, estimatedBytes: 0, written: 0, readers: 0, isPersistent: true };

function host(name: string, domains = 0): HostMetrics {
  const all = Array.from({ length: domains }, (_, index) => ({
    uuid: `uuid-${index}`,
    name: `guest-${index}`,
    state: 'RUNNING' as const,
  }));
  return {
    name,
    status: 'READY',
    reconnects: 0,
    failedAttempts: 0,
    link: null,
    domains: new Map(all.map((domain) => [domain.uuid, domain])),
    readings: null,
  };
}

function metricsOf(fleet: () => FleetMetrics) {
  const none = () => 0;
  return createMetrics({
    version: '1',
    sockets: none,
    socketOperations: none,
    eventStreams: none,
    unhandledErrors: none,
    store: () => ({ isInUse: false, failures: 0 }),
    configProblems: none,
    fleet,
  });
}

/** They are texts. */
function piecesOf(metrics: Metrics): Promise<string[]> {
  return Readable.from(metrics.page(true)).toArray();
}

describe('the page of metrics', () => {
  test('says nothing more of the calls to a host that is gone', async () => {
    let hosts = [host('stays'), host('goes')];
    const metrics = metricsOf(() => ({ hosts, journal, statsStreams: 0 }));
    for (const { name } of hosts) metrics.callEnded({ host: name, lane: 'control', outcome: 'ok', seconds: 1 });
    metrics.callEnded({ host: 'goes', lane: 'work', outcome: 'lost', seconds: 1 });
    const page = async () => (await piecesOf(metrics)).join('');
    expect(await page()).toMatch(/call_duration_seconds_count\{host="goes",lane="work",outcome="lost"\} 1/);

    hosts = [host('stays')];
    const after = await page();
    expect(after).toMatch(/call_duration_seconds_count\{host="stays",lane="control",outcome="ok"\} 1/);
    expect(after).not.toContain('goes');
  });

  test('comes in pieces, between which everything else has its turn', async () => {
    const metrics = metricsOf(() => ({ hosts: [host('large', 10_000)], journal, statsStreams: 0 }));
    let turns = 0;
    let over = false;
    const other = () => void (over || setImmediate(() => (turns++, other())));
    other();
    const pieces = await piecesOf(metrics);
    over = true;
    expect(pieces.join('').match(/^virtgraph_domain_state\{/gm)).toHaveLength(10_000);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(40_000);
    expect(turns).toBeGreaterThan(pieces.length / 2);
  });

  test('has one help, one type and all samples of each metric together', async () => {
    const metrics = metricsOf(() => ({ hosts: [host('a', 2), host('b', 2)], journal, statsStreams: 0 }));
    const lines = (await piecesOf(metrics)).join('').split('\n');
    const types = lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []);
    expect(new Set(types).size).toBe(types.length);
    const samples = lines.filter((line) => line.startsWith('virtgraph_domain_state{'));
    const first = lines.indexOf(samples[0] ?? '');
    expect(lines.slice(first, first + 4)).toEqual(samples);
  });
});

test('a label may have any text', async () => {
  const family: Family = {
    name: 'm',
    type: 'gauge',
    help: 'h',
    samples: () => [[labelText({ a: 'x"\\\ny' }), 2n ** 60n]],
  };
  expect(await Readable.from(writeFamilies([family])).toArray()).toEqual([
    '# HELP m h\n# TYPE m gauge\nm{a="x\\"\\\\\\ny"} 1152921504606846976\n',
  ]);
});
