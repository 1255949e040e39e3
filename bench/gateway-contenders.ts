import type { Gateway } from '../test/lab/gateway.ts';
import type { Operation } from './contenders.ts';
import type { Contender } from './rounds.ts';

/** The most that one page may have. */
const pageSize = 500;

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

/** All domains with their state, page by page, from the gateway's memory; `fresh`: after it has asked the host. */
function listOverHttp(gateway: Gateway, host: string, fresh: boolean): Contender {
  return {
    name: fresh ? 'virtgraph over HTTP, fresh' : 'virtgraph over HTTP, from memory',
    run: async () => ({ domains: await readPages(gateway, host, 'uuid name state', fresh) }),
  };
}

/** All statistics, asked of the host page by page. */
function statsOverHttp(gateway: Gateway, host: string): Contender {
  return {
    name: 'virtgraph over HTTP, asked now',
    run: async () => ({ domains: await readPages(gateway, host, `uuid name state ${allStats}`, false) }),
  };
}

export function overHttp(gateway: Gateway, host: string, operation: Operation): readonly Contender[] {
  return operation === 'stats'
    ? [statsOverHttp(gateway, host)]
    : [listOverHttp(gateway, host, false), listOverHttp(gateway, host, true)];
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
