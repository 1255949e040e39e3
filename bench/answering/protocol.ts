/** Between a row and the process that answers: see `open.ts` and `process.ts`. */

/** Ours; Apollo Server with what it comes with; mercurius, which compiles queries by graphql-jit. All have one schema, the same resolvers and the same fleet. */
export type Kind = 'virtgraph' | 'apollo' | 'mercurius';

export type ProcessOptions = {
  readonly kind: Kind;
  readonly hosts: number;
  readonly domainsOfHost: number;
  /** Files to import, of the peers. */
  readonly peers: Readonly<Record<string, string>>;
};

export type Command =
  /** So many domains, spread over the fleet, are read again and found changed: new records. */
  | { readonly type: 'change'; readonly domains: number }
  /** Begin to watch how long the event loop is held up. */
  | { readonly type: 'watch' }
  | { readonly type: 'longestBlock' };

export type Reply = { readonly url: string } | { readonly done: true } | { readonly longestBlockMs: number };
