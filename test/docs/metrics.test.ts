import { expect, test } from 'vitest';
import { createMetrics } from '../../src/server/metrics.ts';
import { readPage, tableUnder } from './markdown.ts';

/** A fleet in which every number has a value, so that every label shows. */
async function metricsPage(): Promise<string> {
  const lane = { name: 'control', callsInFlight: 1, callsAbandoned: 1, callsQueued: 1, wedged: false };
  const link = { connectedAt: 1, roundTripMs: 1, lanes: [lane], lastEventAt: 1, lastReconcileAt: 1 };
  const domains = [{ uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', name: 'web', state: 'RUNNING' as const }];
  const metrics = createMetrics({
    version: '1',
    sockets: () => 1,
    socketOperations: () => 1,
    eventStreams: () => 1,
    unhandledErrors: () => 1,
    configProblems: () => 1,
    fleet: () => ({
      hosts: [{ name: 'kvm1', status: 'READY', reconnects: 1, failedAttempts: 1, link, domains }],
      journal: { entries: 1, estimatedBytes: 1, written: 1, readers: 1, isPersistent: true },
      statsStreams: 1,
    }),
  });
  metrics.callEnded({ host: 'kvm1', lane: 'control', outcome: 'ok', seconds: 1 });
  metrics.requestEnded({ route: '/graphql', status: 200, seconds: 1 });
  return metrics.read();
}

test('docs/OPERATIONS.md lists the metrics of the source with their types and labels', async () => {
  const text = await metricsPage();
  const found = [...text.matchAll(/^# TYPE (virtgraph_\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({
    Name: name,
    Type: type,
    Labels: labelsOf(text, type === 'histogram' ? `${name}_count` : name),
  }));
  const listed = tableUnder(readPage('docs/OPERATIONS.md'), 'Metrics').map(({ Name = '', Type = '', Labels = '' }) => ({
    Name,
    Type,
    Labels,
  }));
  const byName = (a: { Name: string }, b: { Name: string }) => (a.Name < b.Name ? -1 : 1);
  expect(listed.sort(byName)).toEqual(found.sort(byName));
});

function labelsOf(text: string, name: string): string {
  const sample = new RegExp(`^${name}(?:\\{(.*)\\})? `, 'm').exec(text);
  if (!sample) throw new Error(`There is no sample of ${name}.`);
  const labels = [...(sample[1] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label);
  return labels.length > 0 ? labels.join(', ') : '-';
}
