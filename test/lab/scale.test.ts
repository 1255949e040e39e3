import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, hostEntry, hostStatus, openGateway } from './gateway.ts';
import { qemuGuestXml } from './guests.ts';
import { inParallel } from './in-parallel.ts';
import { type Lab, openLab } from './lab.ts';
import { hostNamed } from './pick.ts';

const guestCount = 20;
const testDomainCount = 5_000;

let lab: Lab;
let gateway: Gateway;

beforeAll(async () => {
  lab = await openLab({ hosts: 1, hostKeyTypes: ['ed25519'], purpose: 'scale.test.ts' });
  const host = hostNamed(lab, 'h1');
  const names = Array.from({ length: guestCount }, (_, index) => `guest-${index}`);
  await inParallel(names, 4, (name) => host.virshXml(qemuGuestXml({ name }), 'create'));
  const world = join(host.folder, 'world.xml');
  writeFileSync(world, testWorldXml());
  gateway = await openGateway(lab, {
    hosts: [
      hostEntry(lab, host, { name: 'real' }),
      hostEntry(lab, host, { name: 'many', driver: 'test', path: world }),
    ],
  });
});

afterAll(async () => {
  await gateway?.close();
  await lab?.close();
});

/** The test driver starts every domain of its file. */
function testWorldXml(): string {
  const domains = Array.from(
    { length: testDomainCount },
    (_, index) => `<domain type='test'><name>${domainName(index)}</name><memory>8192</memory>
<os><type>hvm</type></os></domain>`,
  );
  return `<node>${domains.join('\n')}</node>`;
}

const domainName = (index: number) => `many-${String(index).padStart(4, '0')}`;

interface Page {
  readonly domains: {
    readonly totalCount: number;
    readonly nodes: readonly { readonly name: string; readonly state: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

async function allPages(host: string, first: number): Promise<{ name: string; state: string }[]> {
  const query = `query ($host: String!, $first: Int, $after: String) {
    domains(filter: { hosts: [$host] }, first: $first, after: $after) {
      totalCount nodes { name state } pageInfo { hasNextPage endCursor } } }`;
  const found: { name: string; state: string }[] = [];
  const counts = new Set<number>();
  let after: string | null = null;
  do {
    const { domains }: Page = await gateway.data<Page>(query, { host, first, after });
    found.push(...domains.nodes);
    counts.add(domains.totalCount);
    after = domains.pageInfo.hasNextPage ? domains.pageInfo.endCursor : null;
  } while (after !== null);
  expect([...counts]).toEqual([found.length]);
  return found;
}

test('a host with twenty guests is READY and lists them, page by page', async () => {
  await hostStatus(gateway, 'real', 'READY');
  const found = await allPages('real', 7);
  expect(new Set(found.map(({ name }) => name)).size).toBe(guestCount);
  expect(found.every(({ state }) => state === 'RUNNING')).toBe(true);
});

test('a host with five thousand domains is READY, and pages hold each of them once, in order', async () => {
  await hostStatus(gateway, 'many', 'READY', 100_000);
  const found = await allPages('many', 500);
  expect(found.map(({ name }) => name)).toEqual(
    Array.from({ length: testDomainCount }, (_, index) => domainName(index)),
  );
  expect(found.every(({ state }) => state === 'RUNNING')).toBe(true);
});
