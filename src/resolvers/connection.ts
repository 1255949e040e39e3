import { VirtgraphError } from '../errors.ts';
import type { HostView } from '../fleet/objects.ts';

/** Pages, as Relay describes them. */

const maxFirst = 1000;
const defaultFirst = 100;
const hostCursorPrefix = 'host:';

/** The number of rows asked for, and how to go on after them. @throws BAD_USER_INPUT outside of 1…1000 */
export function pageSize(first: number | null | undefined, next = 'after: pageInfo.endCursor'): number {
  const count = first ?? defaultFirst;
  if (count >= 1 && count <= maxFirst) return count;
  throw new VirtgraphError('BAD_USER_INPUT', `Expected \`first\` from 1 to ${maxFirst}, saw ${count}.`, {
    remedy: `Ask for the rest with \`${next}\`.`,
  });
}

type Page<Row> = {
  readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
  /** Where they are at hand without edges. */
  readonly nodes?: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly totalCount: number;
};

/** Edges are looked at where they are asked for alone: many pages make them only then. */
export function connectionOf<Row>(page: Page<Row>) {
  return {
    get edges() {
      return page.edges;
    },
    get nodes() {
      return page.nodes ?? page.edges.map((edge) => edge.node);
    },
    totalCount: page.totalCount,
    get pageInfo() {
      const { edges, hasNextPage, hasPreviousPage } = page;
      const startCursor = edges.at(0)?.cursor ?? null;
      return { hasNextPage, hasPreviousPage, startCursor, endCursor: edges.at(-1)?.cursor ?? null };
    },
  };
}

/** One page of hosts by name. The cursor is the name of the last one, so that hosts may come and go. */
export function pageOfHosts(hosts: readonly HostView[], first: number, after: string | null): Page<HostView> {
  const sorted = [...hosts].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lastName = after === null ? null : readHostCursor(after);
  const rest = lastName === null ? sorted : sorted.filter((host) => host.name > lastName);
  const edges = rest.slice(0, first).map((node) => ({ cursor: writeHostCursor(node.name), node }));
  return {
    edges,
    totalCount: sorted.length,
    hasNextPage: rest.length > edges.length,
    hasPreviousPage: rest.length < sorted.length,
  };
}

function writeHostCursor(name: string): string {
  return Buffer.from(`${hostCursorPrefix}${name}`).toString('base64url');
}

function readHostCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  if (text.startsWith(hostCursorPrefix)) return text.slice(hostCursorPrefix.length);
  throw new VirtgraphError('BAD_USER_INPUT', 'Expected in `after` the `endCursor` of an earlier page of hosts.');
}
