import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DomainRecord } from '../../../src/fleet/objects.ts';
import { createDomainFilters } from '../../../src/fleet/replica/domain-filter.ts';
import type { DomainOrderField, DomainQuery } from '../../../src/fleet/replica/domain-page.ts';
import { createDomainIndex } from '../../../src/fleet/replica/domain-query.ts';
import { domainStates } from '../../../src/model/domain.ts';
import { parseMac } from '../../../src/net/mac.ts';
import { domainRecord } from '../domain-record.ts';

const filters = createDomainFilters({
  labels: () => ({}),
  tap: (_, nic) => ({ tapMac: parseMac(`fe${nic.macAddress.slice(2)}`), note: null }),
});

function indexOf(domains: Iterable<DomainRecord>) {
  const present = new Set(domains);
  const index = createDomainIndex(() => present, filters);
  return {
    list: (query: Partial<DomainQuery> = {}) =>
      index.list({ filter: {}, orderBy: { field: 'NAME', direction: 'ASC' }, first: 100, after: null, ...query }),
    replace(previous: DomainRecord | null, next: DomainRecord | null) {
      if (previous) present.delete(previous);
      if (next) present.add(next);
      index.replaceDomain(previous, next);
    },
  };
}

const fields = ['NAME', 'HOST', 'STATE', 'MEMORY', 'VCPUS'] as const satisfies DomainOrderField[];
const anyDomain = fc
  .record({
    hostName: fc.constantFrom('a', 'b', 'c'),
    number: fc.nat({ max: 1_000 }),
    name: fc.string({ maxLength: 3 }),
    state: fc.constantFrom(...domainStates),
    memoryBytes: fc.constantFrom(1, 2, 3),
    vcpus: fc.constantFrom(1, 2),
  })
  .map(domainRecord);
const anyDomains = fc.uniqueArray(anyDomain, { selector: ({ hostName, uuid }) => hostName + uuid, maxLength: 40 });

describe('pages', () => {
  test('together hold each matching domain once, in order, in either direction, whatever their size', () => {
    fc.assert(
      fc.property(
        anyDomains,
        fc.constantFrom(...fields),
        fc.constantFrom('ASC' as const, 'DESC' as const),
        fc.integer({ min: 1, max: 7 }),
        (domains, field, direction, first) => {
          const index = indexOf(domains);
          const whole = index.list({ orderBy: { field, direction } });
          expect(new Set(whole.edges.map(({ node }) => node))).toEqual(new Set(domains));
          expect(whole.edges).toHaveLength(domains.length);
          const nodes: DomainRecord[] = [];
          let after: string | null = null;
          for (;;) {
            const page = index.list({ orderBy: { field, direction }, first, after });
            expect(page.hasPreviousPage).toBe(nodes.length > 0);
            expect(page.totalCount).toBe(domains.length);
            nodes.push(...page.edges.map(({ node }) => node));
            after = page.edges.at(-1)?.cursor ?? null;
            if (!page.hasNextPage) break;
          }
          expect(nodes).toEqual(whole.edges.map(({ node }) => node));
        },
      ),
    );
  });

  test('the order after any changes is the order of a list made anew', () => {
    fc.assert(
      fc.property(
        anyDomains,
        fc.array(fc.tuple(fc.nat(), fc.option(anyDomain))),
        fc.constantFrom(...fields),
        (start, steps, field) => {
          const index = indexOf(start);
          const present = [...start];
          const orderBy = { field, direction: 'ASC' } as const;
          for (const [at, next] of steps) {
            const position = present.length === 0 ? 0 : at % present.length;
            const previous = present[position] ?? null;
            const changed = next && previous ? { ...next, uuid: previous.uuid, hostName: previous.hostName } : null;
            present.splice(position, 1, ...(changed ? [changed] : []));
            index.replace(previous, changed);
            if (at % 3 === 0) index.list({ orderBy });
          }
          const nodes = (from: ReturnType<typeof indexOf>) => from.list({ orderBy }).edges.map(({ node }) => node);
          expect(nodes(index)).toEqual(nodes(indexOf(present)));
        },
      ),
    );
  });

  test('go on behind the place of a domain that was removed meanwhile', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name, number) => domainRecord({ name, number }));
    const index = indexOf([a, b, c].filter((domain) => domain !== undefined));
    const after = index.list({ first: 2 }).edges[1]?.cursor ?? null;
    index.replace(b ?? null, null);
    expect(index.list({ after }).edges.map(({ node }) => node.name)).toEqual(['c']);
  });

  test('states are sorted by libvirt’s numbers', () => {
    const index = indexOf(
      ['SHUTOFF', 'RUNNING', 'NOSTATE'].map((state, number) =>
        domainRecord({ number, state: state as DomainRecord['state'] }),
      ),
    );
    const { edges } = index.list({ orderBy: { field: 'STATE', direction: 'ASC' } });
    expect(edges.map(({ node }) => node.state)).toEqual(['NOSTATE', 'RUNNING', 'SHUTOFF']);
  });

  test('a cursor of a list in another order is refused, and says which', () => {
    const index = indexOf([domainRecord({ number: 1 })]);
    const after = index.list({ orderBy: { field: 'MEMORY', direction: 'ASC' } }).edges[0]?.cursor ?? '';
    expect(() => index.list({ after })).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', message: expect.stringContaining('MEMORY') }),
    );
  });

  test.each([
    ['nothing', ''],
    ['no JSON', Buffer.from('x').toString('base64url')],
    ['no array', Buffer.from('{}').toString('base64url')],
    ['a value of another kind', Buffer.from('["NAME",1,"a","b"]').toString('base64url')],
    ['too many parts', Buffer.from('["NAME","a","a","b",1]').toString('base64url')],
    ['far too much', 'A'.repeat(100_000)],
  ])('a cursor that is none is refused: %s', (_, after) => {
    expect(() => indexOf([]).list({ after })).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });
});

describe('filters', () => {
  const mac = parseMac('52:54:00:00:00:01');
  const web = domainRecord({ number: 1, name: 'Web-1', state: 'RUNNING', macs: [mac] });
  const db = domainRecord({ number: 2, name: 'db', hostName: 'b', state: 'SHUTOFF' });
  const names = (filter: DomainQuery['filter']) =>
    indexOf([web, db])
      .list({ filter })
      .edges.map(({ node }) => node.name);

  test('without parts, or with parts that are not given, let everything through', () => {
    expect(names({})).toEqual(['Web-1', 'db']);
    expect(names({ hosts: null, states: null, nameContains: null, macAddress: null })).toEqual(['Web-1', 'db']);
  });
  test('ignore case in names', () => expect(names({ nameContains: 'WEB' })).toEqual(['Web-1']));
  test('an empty list of hosts matches nothing', () => expect(names({ hosts: [] })).toEqual([]));
  test('need all parts to match', () => {
    expect(names({ hosts: ['b'], states: ['SHUTOFF'] })).toEqual(['db']);
    expect(names({ hosts: ['b'], states: ['RUNNING'] })).toEqual([]);
  });
  test('find an address as the guest’s and as the tap’s', () => {
    expect(names({ macAddress: mac })).toEqual(['Web-1']);
    expect(names({ macAddress: parseMac('fe:54:00:00:00:01') })).toEqual(['Web-1']);
    expect(names({ macAddress: parseMac('52:54:00:00:00:02') })).toEqual([]);
  });
});
