import { graphql } from 'graphql';
import { beforeEach, describe, expect, test } from 'vitest';
import { VirtgraphError } from '../../src/errors.ts';
import type { Fleet } from '../../src/fleet/types.ts';
import { createContext } from '../../src/resolvers/context.ts';
import { createIdCodec } from '../../src/resolvers/ids.ts';
import { createSchema } from '../../src/resolvers/schema.ts';
import { noConfiguration, noHostAdmin, readSdl, testLimits } from '../support/gateway.ts';
import {
  createMemoryFleet,
  type MemoryFleet,
  type MemoryFleetOptions,
  reading,
  someDomain,
} from '../support/memory-fleet.ts';

const schema = createSchema(await readSdl());
let fleet: MemoryFleet;

function useFleet(options: MemoryFleetOptions = {}): void {
  fleet = createMemoryFleet(options);
  for (const name of ['alpha', 'beta', 'gamma'])
    fleet.putHost({ name, labels: { site: name === 'beta' ? 'paris' : 'rome' } });
}

beforeEach(() => useFleet());

async function answer(source: string, variableValues: Record<string, unknown> = {}) {
  const {
    bodyBytes,
    queryTokens: tokens,
    queryDepth: depth,
    queryAliases: aliases,
    subscriptionsPerSocket,
  } = testLimits;
  const contextValue = createContext({
    fleet,
    ids: createIdCodec(fleet.id),
    info: { version: 'test', startedAt: 0, limits: { bodyBytes, tokens, depth, aliases, subscriptionsPerSocket } },
    hostAdmin: noHostAdmin,
    configuration: () => noConfiguration,
    signal: new AbortController().signal,
  });
  const { data, errors } = await graphql({ schema, source, variableValues, contextValue });
  // Plain objects, so that they can be compared.
  return {
    data: JSON.parse(JSON.stringify(data ?? null)),
    errors: (errors ?? []).map((error) => error.originalError ?? error),
  };
}

const code = (expected: string) => expect.objectContaining({ code: expected });

test('a guest’s monitor is OK unless something is known, and null where there is none', async () => {
  const monitor = { status: 'OCCUPIED', since: 0, heldBy: 'monitor=remoteDispatchDomainSuspend' } as const;
  const running = { state: 'RUNNING', libvirtId: 1 } as const;
  fleet.putDomain(someDomain('alpha', 1, { ...running, name: 'well' }));
  fleet.putDomain(someDomain('alpha', 2, { ...running, name: 'stuck', monitor }));
  fleet.putDomain(someDomain('alpha', 3, { state: 'SHUTOFF', libvirtId: null, name: 'off' }));
  const { data } = await answer('{ domains { nodes { name monitor { status since heldBy } } } }');
  expect(data.domains.nodes).toEqual([
    { name: 'off', monitor: null },
    { name: 'stuck', monitor: { ...monitor, since: '1970-01-01T00:00:00.000Z' } },
    { name: 'well', monitor: { status: 'OK', since: null, heldBy: null } },
  ]);
});

describe('pages', () => {
  test('of hosts go on after a cursor, also when the host of the cursor is gone', async () => {
    const first = await answer(
      '{ hosts(first: 2) { nodes { name } totalCount pageInfo { hasNextPage hasPreviousPage endCursor } } }',
    );
    expect(first.data.hosts).toMatchObject({
      nodes: [{ name: 'alpha' }, { name: 'beta' }],
      totalCount: 3,
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    });
    const after = first.data.hosts.pageInfo.endCursor;
    const second = await answer(
      'query ($after: String) { hosts(after: $after) { nodes { name } pageInfo { hasNextPage hasPreviousPage } } }',
      { after },
    );
    expect(second.data.hosts).toEqual({
      nodes: [{ name: 'gamma' }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
  });

  test.each([0, -1, 1001])('of %i rows are refused', async (first) => {
    for (const field of ['hosts', 'domains', 'changesSince']) {
      const selection = field === 'changesSince' ? 'hasMore' : 'totalCount';
      const { errors } = await answer(`query ($first: Int) { ${field}(first: $first) { ${selection} } }`, { first });
      expect({ field, errors }).toEqual({ field, errors: [code('BAD_USER_INPUT')] });
    }
  });

  test('of hosts take filters by name, status, hypervisor and label', async () => {
    const names = async (filter: string) =>
      (await answer(`{ hosts(filter: ${filter}) { nodes { name } } }`)).data.hosts.nodes.map(
        (host: { name: string }) => host.name,
      );
    expect(await names('{ labels: [{ key: "site", value: "rome" }] }')).toEqual(['alpha', 'gamma']);
    expect(await names('{ labels: [{ key: "site" }], names: ["beta"] }')).toEqual(['beta']);
    expect(await names('{ statuses: [LOST] }')).toEqual([]);
    expect(await names('{ hypervisors: [KVM] }')).toEqual([]);
  });
});

describe('a host', () => {
  test('lists its own domains only, whatever hosts the filter names', async () => {
    fleet.putDomain(someDomain('alpha', 1));
    fleet.putDomain(someDomain('beta', 2));
    const { data } = await answer(
      '{ host(name: "alpha") { own: domains { totalCount } other: domains(filter: { hosts: ["beta"] }) { totalCount } } }',
    );
    expect(data.host).toEqual({ own: { totalCount: 1 }, other: { totalCount: 0 } });
  });
});

describe('node ids', () => {
  test('lead back to their object, and nowhere once it is gone', async () => {
    const domain = someDomain('alpha', 1);
    fleet.putDomain(domain);
    const { id } = (await answer('{ domain(by: { path: { host: "alpha", name: "vm-1" } }) { id } }')).data.domain;
    const ask = () => answer('query ($id: ID!) { node(id: $id) { __typename id ... on Domain { name } } }', { id });
    expect((await ask()).data.node).toEqual({ __typename: 'Domain', id, name: 'vm-1' });
    fleet.dropDomain(domain);
    expect(await ask()).toEqual({ data: { node: null }, errors: [] });
  });

  test('that cannot be read cost their own place in a list', async () => {
    const { id } = (await answer('{ host(name: "alpha") { id } }')).data.host;
    const { data, errors } = await answer('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [id, 'nonsense', id],
    });
    expect(data.nodes).toEqual([{ id }, null, { id }]);
    expect(errors).toEqual([code('BAD_USER_INPUT')]);
  });

  test('are at most a hundred', async () => {
    const { errors } = await answer('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array(101).fill('x') });
    expect(errors).toEqual([code('BAD_USER_INPUT')]);
  });

  test('of a host that is no longer configured say so', async () => {
    const id = createIdCodec(fleet.id).encode({ kind: 'host', hostName: 'delta', uuid: '' });
    const { errors } = await answer('query ($id: ID!) { node(id: $id) { id } }', { id });
    expect(errors).toEqual([
      expect.objectContaining({ code: 'NOT_FOUND', message: expect.stringContaining('"delta"') }),
    ]);
  });

  test('of a host are not taken for those of a domain', async () => {
    const { id } = (await answer('{ host(name: "alpha") { id } }')).data.host;
    const { errors } = await answer('query ($id: ID!) { domain(by: { id: $id }) { name } }', { id });
    expect(errors).toEqual([
      expect.objectContaining({ message: 'Expected the id of a domain, saw the id of a host.' }),
    ]);
  });
});

describe('a domain', () => {
  test('whose UUID is on several hosts is a conflict that names them', async () => {
    fleet.putDomain(someDomain('beta', 7));
    fleet.putDomain(someDomain('alpha', 7));
    const { errors } = await answer('{ domain(by: { uuid: "00000000-0000-4000-8000-000000000007" }) { name } }');
    expect(errors).toEqual([
      expect.objectContaining({ code: 'CONFLICT', message: expect.stringContaining('alpha, beta') }),
    ]);
  });

  test('that is asked for afresh and is gone is null, as it is from memory', async () => {
    const { data, errors } = await answer(
      '{ domain(by: { path: { host: "alpha", name: "nobody" } }, fresh: true) { name } }',
    );
    expect({ data, errors }).toEqual({ data: { domain: null }, errors: [] });
  });

  test('of a host that is not configured is an error that tells how to list those that are', async () => {
    const { errors } = await answer('{ domain(by: { path: { host: "nowhere", name: "x" } }) { name } }');
    expect(errors).toEqual([code('NOT_FOUND')]);
  });
});

describe('what replicas do not hold', () => {
  test('is asked of each host once, with the union of the groups', async () => {
    for (const number of [1, 2]) fleet.putDomain(someDomain('alpha', number));
    fleet.putDomain(someDomain('beta', 3));
    const { errors } = await answer(
      '{ domains { nodes { stats { cpu { timeSeconds } } again: stats { memory { current } } } } }',
    );
    expect(errors).toEqual([]);
    const calls = fleet.statsCalls.map((call) => [call.hostName, call.uuids.length, [...call.groups].sort()]);
    expect(calls.sort((a, b) => String(a).localeCompare(String(b)))).toEqual([
      ['alpha', 2, ['balloon', 'cpu']],
      ['beta', 1, ['balloon', 'cpu']],
    ]);
  });

  test('costs a dead host its own fields, and no other host anything', async () => {
    useFleet({
      async readStats(hostName, uuids) {
        if (hostName === 'beta') throw new VirtgraphError('HOST_UNREACHABLE', 'beta cannot be reached.');
        return uuids.map((uuid) => reading(hostName, uuid));
      },
    });
    fleet.putDomain(someDomain('alpha', 1));
    fleet.putDomain(someDomain('beta', 2));
    const { data, errors } = await answer('{ domains { nodes { name stats { cpu { timeSeconds } } } } }');
    expect(data.domains.nodes).toEqual([
      { name: 'vm-1', stats: { cpu: { timeSeconds: 1.5 } } },
      { name: 'vm-2', stats: null },
    ]);
    expect(errors).toEqual([
      expect.objectContaining({ code: 'HOST_UNREACHABLE', detail: expect.objectContaining({ host: 'beta' }) }),
    ]);
  });

  test('is asked once for all cards of a domain', async () => {
    const asked: string[] = [];
    const nic = someDomain('alpha', 1).config.interfaces[0];
    if (!nic) throw new Error('The domain has no card.');
    const driver = {
      async readInterfaceAddresses(uuid: string, source: string) {
        asked.push(`${uuid} ${source}`);
        return [
          {
            name: 'vnet1',
            macAddress: nic.macAddress,
            addresses: [{ address: '10.0.0.1', prefix: 24, family: 'IPV4' }],
          },
        ];
      },
    } as unknown as ReturnType<Fleet['driver']>;
    useFleet({ driver: () => driver });
    const cards = [nic, { ...nic, macAddress: someMac(9) }];
    fleet.putDomain(someDomain('alpha', 1, { libvirtId: 1, config: { interfaces: cards } }));
    const { data } = await answer(
      '{ domains { nodes { interfaces { addresses { address prefix family source } } } } }',
    );
    expect(data.domains.nodes[0].interfaces).toEqual([
      { addresses: [{ address: '10.0.0.1', prefix: 24, family: 'IPV4', source: 'LEASE' }] },
      { addresses: [] },
    ]);
    expect(asked).toHaveLength(1);
  });
});

test('a host is not given two values of one label, of which one would be lost in silence', async () => {
  const { errors } = await answer(
    'mutation { addHost(input: { name: "a", uri: "sim://a", labels: [{ key: "rack", value: "1" }, { key: "rack", value: "2" }] }) { summary } }',
  );
  expect(errors).toEqual([
    expect.objectContaining({
      code: 'BAD_USER_INPUT',
      message: 'The label "rack" is given twice.',
      detail: expect.objectContaining({ outcome: 'NOT_SENT' }),
    }),
  ]);
});

test('the addresses of a guest that is off are null, and no error of each of its cards', async () => {
  fleet.putDomain(someDomain('alpha', 1, { libvirtId: null }));
  const { data, errors } = await answer('{ domains { nodes { interfaces { addresses { address } } } } }');
  expect(errors).toEqual([]);
  expect(data.domains.nodes[0].interfaces).toEqual([{ addresses: null }]);
});

describe('a MAC address', () => {
  test('that is none yields a report and no error', async () => {
    const { data, errors } = await answer(
      '{ macAddress(address: "hello") { valid macAddress unicast tapMacAddress free owners { role } findings { rule severity } hostVerdicts { accepted } } }',
    );
    expect(errors).toEqual([]);
    expect(data.macAddress).toEqual({
      valid: false,
      macAddress: null,
      unicast: null,
      tapMacAddress: null,
      free: false,
      owners: [],
      findings: [{ rule: 'NOT_A_MAC_ADDRESS', severity: 'ERROR' }],
      hostVerdicts: [],
    });
  });

  test('is found as a guest’s and as a tap’s, with its owner', async () => {
    fleet.putDomain(someDomain('alpha', 1));
    const owners = async (address: string) =>
      (await answer(`{ macAddress(address: "${address}") { free owners { role active domain { name } } } }`)).data
        .macAddress;
    expect(await owners('52-54-00-00-00-01')).toEqual({
      free: false,
      owners: [{ role: 'GUEST', active: true, domain: { name: 'vm-1' } }],
    });
    expect(await owners('fe:54:00:00:00:01')).toMatchObject({ owners: [{ role: 'TAP' }] });
  });
});

function someMac(number: number) {
  const nic = someDomain('alpha', number).config.interfaces[0];
  if (!nic) throw new Error('The domain has no card.');
  return nic.macAddress;
}
