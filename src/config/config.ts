import type { LogLevel } from '../log.ts';
import type { NamedSegment } from '../model/segment.ts';
import type { HostTarget } from '../model/target.ts';
import { type Places, type ReadHost, resolvePath } from './host-target.ts';
import { isLoopback } from './loopback.ts';
import type { ConfigInput } from './schema.ts';
import { didYouMean } from './suggest.ts';
import { knownDrivers } from './uri/uri-drivers.ts';
import { supportedParameters } from './uri/uri-parameters.ts';

export type AuthConfig =
  | { readonly mode: 'none' }
  /** `tokenFile` is `null` when the token comes from the environment or the state directory. */
  | { readonly mode: 'token'; readonly tokenFile: string | null };

export type JournalConfig = Readonly<ConfigInput['journal']>;
export type Limits = Readonly<ConfigInput['limits']>;
export type Timing = Readonly<ConfigInput['timing']>;
export type ApiRights = ConfigInput['api'];

/** The whole configuration, checked; every path in it is absolute. Keys keep the names of virtgraph.yaml. */
export type Config = {
  /** `null`: there is no file, and all is default. */
  readonly file: string | null;
  /** `null`: one is made at the first start, and kept. */
  readonly fleetId: string | null;
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  };
  readonly auth: AuthConfig;
  readonly origins: readonly string[];
  readonly hosts: readonly HostTarget[];
  readonly segments: readonly NamedSegment[];
  readonly journal: JournalConfig;
  readonly limits: Limits;
  readonly timing: Timing;
  readonly api: ApiRights;
  readonly log: { readonly level: LogLevel };
  /** Allowed, but to be said at every start. */
  readonly warnings: readonly string[];
};

/** Puts together what was found right. */
export function createConfig(
  file: string | null,
  input: ConfigInput,
  hosts: readonly ReadHost[],
  places: Places,
): Config {
  const { cert, key } = input.listen.tls ?? {};
  return {
    file,
    fleetId: input.fleetId ?? null,
    listen: {
      host: input.listen.host.replace(/^\[(.*)\]$/, '$1'),
      port: input.listen.port,
      tls:
        cert === undefined || key === undefined
          ? null
          : { certFile: resolvePath(cert, places), keyFile: resolvePath(key, places) },
    },
    auth:
      input.auth.mode === 'none'
        ? { mode: 'none' }
        : {
            mode: 'token',
            tokenFile: input.auth.tokenFile === undefined ? null : resolvePath(input.auth.tokenFile, places),
          },
    // As browsers send it: lower case, without the default port.
    origins: input.origins.map((origin) => new URL(origin).origin),
    hosts: hosts.map(({ target }) => target),
    segments: Object.entries(input.net.segments).map(([name, members]) => ({ name, members: members.map(memberOf) })),
    journal: input.journal,
    limits: input.limits,
    timing: input.timing,
    api: input.api,
    log: input.log,
    warnings: [...ownWarnings(file, input), ...hosts.flatMap(({ warnings }) => warnings)],
  };
}

function memberOf(member: ConfigInput['net']['segments'][string][number]): NamedSegment['members'][number] {
  const { host, bridge, network, device } = member;
  if (bridge !== undefined) return { host, kind: 'bridge', name: bridge };
  if (network !== undefined) return { host, kind: 'network', name: network };
  // The schema asks for exactly one of the three.
  return { host, kind: 'device', name: device ?? '' };
}

function ownWarnings(file: string | null, { listen, hosts, api }: ConfigInput): readonly string[] {
  const warnings = [
    ...unheardOf('api.hosts.drivers', 'driver', api.hosts.drivers, knownDrivers),
    ...unheardOf('api.hosts.parameters', 'parameter', api.hosts.parameters, Object.keys(supportedParameters)),
  ];
  if (file !== null && hosts.length === 0) warnings.push('No hosts are configured: the fleet is empty.');
  if (listen.tls === undefined && !isLoopback(listen.host)) {
    warnings.push(
      `The gateway listens on ${listen.host} without TLS: tokens and answers can be read on the way. Set listen.tls, or put a proxy with TLS before it.`,
    );
  }
  return warnings;
}

/** Words that allow nothing, unless there is more to come than we know. */
function unheardOf(key: string, what: string, words: readonly string[], known: readonly string[]): readonly string[] {
  return words
    .filter((word) => !known.includes(word))
    .map((word) => `${key}: no URI has the ${what} ${JSON.stringify(word)} yet.${didYouMean(word, known)}`);
}
