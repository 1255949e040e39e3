import { readFile } from 'node:fs/promises';
import { systemClock } from '../../src/clock.ts';
import type { ConfigStatus } from '../../src/config/config-status.ts';
import { VirtgraphError } from '../../src/errors.ts';
import type { HostAdmin } from '../../src/fleet/hosts/host-admin.ts';
import type { Fleet } from '../../src/fleet/types.ts';
import { type Log, silentLog } from '../../src/log.ts';
import { openServer, type Server, type ServerOptions } from '../../src/server/open-server.ts';

export const testToken = 'a-token-for-tests';
export const testLimits = {
  bodyBytes: 262_144,
  queryTokens: 5_000,
  queryDepth: 16,
  queryAliases: 60,
  queryRootFields: 30,
  sockets: 50,
  subscriptionsPerSocket: 5,
  socketMessageBytes: 262_144,
};

/** Hosts cannot be changed in a fleet under test unless its test says how. */
export const noHostAdmin: HostAdmin = {
  configure: cannotChangeHosts,
  isManaged: () => false,
  idle: [],
  add: cannotChangeHosts,
  update: cannotChangeHosts,
  remove: cannotChangeHosts,
  retry: cannotChangeHosts,
  trust: cannotChangeHosts,
};

function cannotChangeHosts(): never {
  throw new VirtgraphError('UNSUPPORTED', 'The hosts of this fleet cannot be changed.');
}

export const noConfiguration: ConfigStatus = { file: null, loadedAt: 0, problems: [], needsRestart: [] };

export async function readSdl(): Promise<string> {
  return readFile(new URL('../../schema.graphql', import.meta.url), 'utf8');
}

/** The server in this process, on a port of its own. */
export async function openGateway(
  fleet: Fleet,
  options: Partial<Omit<ServerOptions, 'fleet'>> & { readonly log?: Log } = {},
): Promise<Server> {
  return openServer({
    fleet,
    schema: await readSdl(),
    version: '0.0.0-test',
    listen: { host: '127.0.0.1', port: 0, tls: null },
    auth: { mode: 'token', token: testToken },
    origins: [],
    limits: testLimits,
    hostAdmin: noHostAdmin,
    configuration: () => noConfiguration,
    clock: systemClock,
    log: silentLog,
    ...options,
  });
}

export type Answer = {
  readonly status: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: Readonly<Record<string, unknown>> & { readonly code: string };
  }[];
};

/** One question over plain HTTP, with the right token. */
export async function ask(url: string, query: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${testToken}` },
    body: JSON.stringify({ query, variables }),
  });
  // The shape is GraphQL's; what is in it, the tests look at.
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
}
