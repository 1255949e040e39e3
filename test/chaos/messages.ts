/** What the checker asks the gateway for, and the shape of what comes back. */

export type SeenDomain = {
  readonly __typename: 'Domain';
  readonly id: string;
  readonly uuid: string;
  readonly name: string;
  readonly title: string | null;
  readonly state: string;
  readonly persistent: boolean;
  readonly autostart: boolean | null;
  readonly host: { readonly name: string };
  readonly interfaces: readonly { readonly macAddress: string }[];
};

export type SeenNetwork = {
  readonly __typename: 'Network';
  readonly id: string;
  readonly uuid: string;
  readonly name: string;
  readonly active: boolean;
  readonly persistent: boolean;
  readonly host: { readonly name: string };
};

export type SeenHost = {
  readonly __typename: 'Host';
  readonly id: string;
  readonly name: string;
  readonly status: string;
};

export type SeenStoragePool = {
  readonly __typename: 'StoragePool';
  readonly id: string;
  readonly name: string;
  readonly host: { readonly name: string };
};

export type SeenObject = SeenDomain | SeenNetwork | SeenHost | SeenStoragePool;

export type ChangeMessage =
  | {
      readonly __typename: 'ObjectUpserted';
      readonly cursor: string;
      readonly origin: string;
      readonly object: SeenObject;
    }
  | { readonly __typename: 'ObjectDeleted'; readonly cursor: string; readonly origin: string; readonly id: string }
  | { readonly __typename: 'SnapshotComplete' | 'Bookmark'; readonly cursor: string }
  | {
      readonly __typename: 'HostInterrupted' | 'HostResumed';
      readonly cursor: string;
      readonly about: { readonly name: string };
    }
  | { readonly __typename: 'Lagged'; readonly dropped: number }
  | { readonly __typename: 'ResyncRequired'; readonly reason: string };

const facts = `fragment Facts on Node { __typename id
  ... on Domain { uuid name title state persistent autostart host { name } interfaces { macAddress } }
  ... on Network { uuid name active persistent host { name } }
  ... on Host { name status }
  ... on StoragePool { name host { name } } }`;

const change = `__typename
  ... on ObjectUpserted { cursor origin object { ...Facts } }
  ... on ObjectDeleted { cursor origin id }
  ... on SnapshotComplete { cursor }
  ... on Bookmark { cursor }
  ... on HostInterrupted { cursor about: host { name } }
  ... on HostResumed { cursor about: host { name } }
  ... on Lagged { dropped }
  ... on ResyncRequired { reason }`;

export const changesSubscription = `subscription Changes($after: Cursor, $filter: ChangeFilter) {
  changes(after: $after, filter: $filter) { ${change} } }
  ${facts}`;

/** With each domain's XML many times over: for the one who cannot keep up. */
export const heavySubscription = `subscription HeavyChanges($after: Cursor, $filter: ChangeFilter) {
  changes(after: $after, filter: $filter) { ${change}
    ... on ObjectUpserted { heavy: object { ... on Domain { ${aliases(250)} } } } } }
  ${facts}`;

export const changesSinceQuery = `query Page($after: Cursor!, $first: Int!) {
  changesSince(after: $after, first: $first) { cursor hasMore changes { ${change} } } }
  ${facts}`;

export const cursorQuery = '{ gateway { cursor } }';

export const everythingQuery = `{
  domains(first: 500) { nodes { ...Facts } }
  hosts(first: 500) { nodes { ...Facts networks { ...Facts } storagePools { ...Facts } } } }
  ${facts}`;

export type EverythingAnswer = {
  readonly domains: { readonly nodes: readonly SeenObject[] };
  readonly hosts: {
    readonly nodes: readonly (SeenHost & {
      readonly networks: readonly SeenObject[];
      readonly storagePools: readonly SeenObject[];
    })[];
  };
};

export function objectsOf({ domains, hosts }: EverythingAnswer): SeenObject[] {
  const ofHosts = hosts.nodes.flatMap(({ networks, storagePools, ...host }) => [host, ...networks, ...storagePools]);
  return [...ofHosts, ...domains.nodes];
}

export function hostNameOf(object: SeenObject): string {
  return object.__typename === 'Host' ? object.name : object.host.name;
}

function aliases(count: number): string {
  return Array.from({ length: count }, (_, index) => `xml${index}: xml`).join(' ');
}
