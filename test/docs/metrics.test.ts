import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Uuid } from '../../src/model/brands.ts';
import type { DomainStatsSample } from '../../src/model/stats.ts';
import { createMetrics } from '../../src/server/metrics/metrics.ts';
import { domainRecord } from '../fleet/domain-record.ts';
import { readPage, tableUnder } from './markdown.ts';

/** A reading in which every number has a value. */
function sampleOfAll(uuid: Uuid): DomainStatsSample {
  const memory = { currentBytes: 1, maximumBytes: 1, availableBytes: 1, unusedBytes: 1, usableBytes: 1, rssBytes: 1 };
  const received = { rxBytes: 1, rxPackets: 1, rxErrors: 1, rxDrops: 1 };
  const sent = { txBytes: 1, txPackets: 1, txErrors: 1, txDrops: 1 };
  const requests = { readRequests: 1, readBytes: 1, writeRequests: 1, writeBytes: 1 };
  const sizes = { path: '/disk', capacityBytes: 1, allocationBytes: 1, physicalBytes: 1 };
  return {
    uuid,
    state: 'RUNNING',
    stateReason: null,
    cpu: { timeNs: 1, userNs: 1, systemNs: 1 },
    memory,
    vcpus: [],
    interfaces: [{ name: 'vnet0', ...received, ...sent }],
    disks: [{ name: 'vda', ...requests, ...sizes }],
    missing: null,
  };
}

/** A fleet in which every number has a value, so that every label shows. */
async function metricsPage(): Promise<string> {
  const lane = { name: 'control', callsInFlight: 1, callsAbandoned: 1, callsQueued: 1, wedged: false };
  const link = { connectedAt: 1, roundTripMs: 1, lanes: [lane], lastEventAt: 1, lastReconcileAt: 1, unreadDomains: 1 };
  const { uuid, name } = domainRecord({ number: 1 });
  const domains = new Map([[uuid, { uuid, name, state: 'RUNNING' as const }]]);
  const readings = [{ hostName: 'kvm1', sampledAt: 1, rates: null, sample: sampleOfAll(uuid) }];
  const metrics = createMetrics({
    version: '1',
    sockets: () => 1,
    socketOperations: () => 1,
    eventStreams: () => 1,
    unhandledErrors: () => 1,
    store: () => ({ isInUse: true, failures: 1 }),
    configProblems: () => 1,
    fleet: () => ({
      hosts: [{ name: 'kvm1', status: 'READY', reconnects: 1, failedAttempts: 1, link, domains, readings }],
      journal: { entries: 1, estimatedBytes: 1, written: 1, readers: 1, isPersistent: true },
      statsStreams: 1,
    }),
  });
  metrics.callEnded({ host: 'kvm1', lane: 'control', outcome: 'ok', seconds: 1 });
  metrics.requestEnded({ route: '/graphql', status: 200, seconds: 1 });
  return (await Readable.from(metrics.page(true)).toArray()).join('');
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
