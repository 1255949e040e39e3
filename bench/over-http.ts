import { type Gateway, type HostEntry, hostStatus, openGateway } from '../test/lab/gateway.ts';
import type { Lab } from '../test/lab/lab.ts';
import { cpuOfProcess } from './cpu.ts';
import type { Contender } from './rounds.ts';

/** The most that one page may have. */
const pageSize = 1000;

type Page = {
  readonly domains: {
    readonly nodes: readonly { readonly state: string; readonly stats?: unknown }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
};

const allStats = `stats { cpu { timeSeconds userSeconds systemSeconds }
  memory { current maximum available unused usable rss } vcpus { index state timeSeconds }
  interfaces { name rxBytes rxPackets rxErrors rxDrops txBytes txPackets txErrors txDrops }
  disks { name readRequests readBytes writeRequests writeBytes capacity allocation physical } }`;

/** A gateway of these hosts, as a process of its own, when it has read them all. */
export async function openGatewayOf(lab: Lab, ...hosts: readonly Pick<HostEntry, 'name' | 'uri'>[]): Promise<Gateway> {
  const gateway = await openGateway(lab, {
    hosts,
    config: { log: { level: 'warn' } },
  });
  // Five thousand domains on a busy machine take their time.
  for (const { name } of hosts) await hostStatus(gateway, name, 'READY', 180_000);
  return gateway;
}

/** All domains with their state, page by page, from the gateway's memory. */
export function listOverHttp(gateway: Gateway, host: string): Contender {
  return overHttp('virtgraph over HTTP, from memory', gateway, host, 'uuid name state', false);
}

/** The same after the gateway has asked the host. */
export function freshOverHttp(gateway: Gateway, host: string): Contender {
  return overHttp('virtgraph over HTTP, fresh', gateway, host, 'uuid name state', true);
}

/** Statistics, asked of the host page by page; all of them unless told otherwise. */
export function statsOverHttp(gateway: Gateway, host: string, stats = allStats): Contender {
  return overHttp('virtgraph over HTTP, asked now', gateway, host, `uuid name state ${stats}`, false);
}

function overHttp(name: string, gateway: Gateway, host: string, fields: string, fresh: boolean): Contender {
  return {
    name,
    cpu: cpuOfProcess(gateway.pid),
    run: async () => ({ answer: await readPages(gateway, host, fields, fresh) }),
  };
}

async function readPages(gateway: Gateway, host: string, fields: string, fresh: boolean): Promise<number> {
  const query = `query ($host: String!, $after: String, $fresh: Boolean!) {
    domains(filter: { hosts: [$host] }, first: ${pageSize}, after: $after, fresh: $fresh) {
      nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`;
  let domains = 0;
  let after: string | null = null;
  do {
    // The host is asked for the whole list by the first page; the others are of the same answer.
    const page: Page = await gateway.data<Page>(query, { host, after, fresh: fresh && after === null });
    domains += page.domains.nodes.length;
    after = page.domains.pageInfo.hasNextPage ? page.domains.pageInfo.endCursor : null;
  } while (after !== null);
  return domains;
}
