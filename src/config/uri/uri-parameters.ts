import {
  type DaemonMode,
  daemonModes,
  type KnownHostsVerify,
  knownHostsVerifyModes,
  type ProxyMode,
  proxyModes,
  type SshAuthMethod,
  sshAuthMethods,
  type Transport,
} from '../../model/target.ts';
import type { Report } from '../endpoint.ts';
import { didYouMean } from '../suggest.ts';
import type { UriParameter } from './uri-syntax.ts';

type TransportKind = Transport['kind'];

/** Every parameter that we take, and the transports for which it means something. Meanings: libvirt's docs/uri.rst. */
export const supportedParameters = {
  name: ['ssh', 'unix', 'sim'],
  socket: ['ssh', 'unix'],
  mode: ['ssh', 'unix'],
  proxy: ['ssh'],
  netcat: ['ssh'],
  command: ['ssh'],
  keyfile: ['ssh'],
  known_hosts: ['ssh'],
  known_hosts_verify: ['ssh'],
  no_verify: ['ssh'],
  sshauth: ['ssh'],
  no_tty: ['ssh'],
  keepalive_interval: ['ssh', 'unix', 'sim'],
  keepalive_count: ['ssh', 'unix', 'sim'],
} as const satisfies Record<string, readonly TransportKind[]>;

type ParameterName = keyof typeof supportedParameters;

/** libvirt has these too; each with the reason why we do not. */
export const refusedParameters: ReadonlyMap<string, string> = new Map([
  ['auth', "SASL is not supported: let the daemon's socket accept whoever may open it"],
  ['authfile', "credentials are never read from a file of libvirt's: use the host's `password` or `passphrase`"],
  ['pkipath', 'it belongs to the tls transport, which is not supported'],
  ['tls_priority', 'it belongs to the tls transport, which is not supported'],
  ['no_sanity', 'it belongs to the tls transport, which is not supported'],
]);

/** What the parameters say; `null` where they say nothing. */
export type UriSettings = {
  readonly name: string | null;
  readonly socket: string | null;
  readonly mode: DaemonMode | null;
  readonly proxy: ProxyMode | null;
  readonly netcat: string | null;
  readonly command: string | null;
  readonly keyFile: string | null;
  readonly knownHosts: string | null;
  readonly knownHostsVerify: KnownHostsVerify | null;
  readonly noVerify: boolean;
  readonly sshAuth: readonly SshAuthMethod[] | null;
  /** Seconds; 0 turns it off. */
  readonly keepaliveInterval: number | null;
  readonly keepaliveCount: number | null;
  /** Those of an embedded host, which knows them itself. Empty for the other transports. */
  readonly simOptions: Readonly<Record<string, string>>;
};

const maxKeepaliveSeconds = 86_400;
const maxKeepaliveCount = 1_000;

/** Judges every parameter and reads its value. An unknown one is a mistake, because a mistyped `known_hosts` would be a danger. */
export function readUriSettings(
  parameters: readonly UriParameter[],
  kind: TransportKind,
  homeDir: string | null,
  report: Report,
): UriSettings {
  const known = new Map<ParameterName, string>();
  const simOptions: Record<string, string> = {};
  const seen = new Set<string>();
  for (const { name, value } of parameters) {
    if (seen.has(name)) report(`The parameter "${name}" is given more than once.`);
    seen.add(name);
    if (isSupported(name)) {
      if (includes(supportedParameters[name], kind)) known.set(name, value);
      else report(`The parameter "${name}" means nothing for the ${kind} transport.`);
    } else if (kind === 'sim' && /^[a-z][a-z0-9_-]*$/.test(name)) {
      simOptions[name] = value;
    } else {
      report(whyRefused(name));
    }
  }

  // Of the readers below each says nothing when the parameter was not given.
  const read = <T>(name: ParameterName, parse: (value: string) => T | null, expected: string): T | null => {
    const value = known.get(name);
    if (value === undefined) return null;
    const parsed = parse(value);
    if (parsed === null)
      report(`Expected ${expected} for the parameter "${name}", saw ${JSON.stringify(value.slice(0, 80))}.`);
    return parsed;
  };
  const text = (name: ParameterName) => read(name, (value) => value || null, 'some text');
  const path = (name: ParameterName) =>
    read(name, (value) => absolutePath(value, homeDir), 'an absolute path, or one that begins with ~/,');
  const choice = <T extends string>(name: ParameterName, choices: readonly T[]) =>
    read(name, (value) => choices.find((one) => one === value) ?? null, `one of ${choices.join(', ')}`);
  const flag = (name: ParameterName) => read(name, readFlag, 'a number (0 for no, another for yes)') ?? false;
  const number = (name: ParameterName, minimum: number, maximum: number) =>
    read(name, (value) => readNumber(value, minimum, maximum), `a whole number from ${minimum} to ${maximum}`);

  // Only kept from asking on a terminal, which we never do; checked so that a mistyped value is still told.
  flag('no_tty');
  const interval = number('keepalive_interval', -1, maxKeepaliveSeconds);
  return {
    name: text('name'),
    socket: read('socket', (value) => (value.startsWith('/') ? value : null), 'an absolute path'),
    mode: choice('mode', daemonModes),
    proxy: choice('proxy', proxyModes),
    netcat: read('netcat', (value) => (/^[^\s-]\S*$/.test(value) ? value : null), 'the name or path of a command'),
    command: path('command'),
    keyFile: path('keyfile'),
    knownHosts: path('known_hosts'),
    knownHostsVerify: choice('known_hosts_verify', knownHostsVerifyModes),
    noVerify: flag('no_verify'),
    sshAuth: read('sshauth', readAuthMethods, `a comma-separated list of ${sshAuthMethods.join(', ')}`),
    keepaliveInterval: interval === null ? null : Math.max(0, interval),
    keepaliveCount: number('keepalive_count', 1, maxKeepaliveCount),
    simOptions,
  };
}

function whyRefused(name: string): string {
  const reason = refusedParameters.get(name);
  if (reason !== undefined) return `The parameter "${name}" of libvirt's is refused: ${reason}.`;
  const shown = name.slice(0, 40);
  const guess = didYouMean(name, Object.keys(supportedParameters));
  return `Unknown parameter "${shown}".${guess} One for the hypervisor's driver belongs into name=, percent-encoded.`;
}

function isSupported(name: string): name is ParameterName {
  return Object.hasOwn(supportedParameters, name);
}

function includes(kinds: readonly TransportKind[], kind: TransportKind): boolean {
  return kinds.includes(kind);
}

/** `~/` means the home directory of whoever runs the gateway. Relative paths would depend on where it was started. */
function absolutePath(value: string, homeDir: string | null): string | null {
  if (value.startsWith('~/') && homeDir !== null) return homeDir + value.slice(1);
  return value.startsWith('/') ? value : null;
}

/** As libvirt reads its flags: a number, of which every one but 0 means yes. */
function readFlag(value: string): boolean | null {
  return /^-?\d{1,9}$/.test(value) ? Number(value) !== 0 : null;
}

function readNumber(value: string, minimum: number, maximum: number): number | null {
  const number = /^-?\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  return number >= minimum && number <= maximum ? number : null;
}

function readAuthMethods(value: string): readonly SshAuthMethod[] | null {
  const methods = value.split(',').map((word) => sshAuthMethods.find((method) => method === word.trim()));
  const found = methods.filter((method) => method !== undefined);
  return found.length === methods.length ? [...new Set(found)] : null;
}
