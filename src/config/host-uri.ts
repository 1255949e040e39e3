import { VirtgraphError } from '../errors.ts';
import type { HostTarget, SecretSource, SshHop, Transport } from '../model/target.ts';
import type { Report } from './endpoint.ts';
import { didYouMean } from './suggest.ts';
import { readUriSettings, type UriSettings } from './uri-parameters.ts';
import { splitUri, type UriParts } from './uri-syntax.ts';

/** What a host's URI says of it. */
export type HostUri = Pick<
  HostTarget,
  'driver' | 'transport' | 'connectName' | 'session' | 'socket' | 'mode' | 'keepaliveIntervalMs' | 'keepaliveCount'
> & {
  /** Allowed, but the operator should hear of it at every start. */
  readonly warnings: readonly string[];
};

/** What stands beside the URI in the configuration, and whose home `~/` is. */
export type UriContext = {
  readonly jump: readonly SshHop[];
  readonly passphrase: SecretSource | null;
  readonly password: SecretSource | null;
  readonly homeDir: string | null;
};

const noContext: UriContext = { jump: [], passphrase: null, password: null, homeDir: null };

/** libvirt's own defaults of keepalive_interval and keepalive_count. */
const defaultKeepaliveSeconds = 5;
const defaultKeepaliveCount = 5;

/** Schemes of libvirt 9.0; others pass too, with a warning, for there will be more. */
const knownDrivers = [
  'qemu',
  'xen',
  'lxc',
  'bhyve',
  'vz',
  'vbox',
  'esx',
  'vpx',
  'gsx',
  'vmwareplayer',
  'vmwarews',
  'vmwarefusion',
  'hyperv',
  'openvz',
  'ch',
  'test',
  'sim',
  'remote',
  'parallels',
  'phyp',
];

/** These name another machine in their URI, so that a daemon can open them only by a whole name. */
const driversWithServer = ['esx', 'vpx', 'gsx', 'hyperv', 'phyp'];

const supportedTransports = ['ssh', 'libssh', 'libssh2', 'unix', 'sim'];

/** Reasons for what libvirt knows and we do not. */
const refusedTransports: Readonly<Record<string, string>> = {
  tls: 'needs certificates on every host and opens a port of the daemon to the network',
  tcp: 'is neither encrypted nor authenticated',
  ext: 'would run a command of its own for each connection',
};

/**
 * Reads a libvirt connection URI.
 * @throws BAD_USER_INPUT with every mistake that it has; nothing else, whatever the text
 */
export function parseHostUri(text: string, context: UriContext = noContext): HostUri {
  const mistakes: string[] = [];
  const uri = readHostUri(text, context, (sentence) => mistakes.push(sentence));
  if (uri !== null) return uri;
  throw new VirtgraphError('BAD_USER_INPUT', `${mistakes.join(' ')} Saw ${JSON.stringify(redactUri(text))}.`, {
    remedy: "Write the host's URI as for virsh --connect, such as qemu+ssh://root@host.example/system.",
  });
}

/** As `parseHostUri`, but tells each mistake to `report` and then returns `null`. */
export function readHostUri(text: string, context: UriContext, report: Report): HostUri | null {
  let mistakes = 0;
  const count: Report = (sentence) => {
    mistakes++;
    report(sentence);
  };
  const parts = splitUri(text, count);
  if (parts === null) return null;
  const kind = transportKind(parts, count);
  if (kind === null) return null;
  const settings = readUriSettings(parts.parameters, kind, context.homeDir, count);
  const transport = readTransport(kind, parts, settings, context, count);
  const driver = parts.driver === 'sim' && kind === 'sim' ? 'qemu' : parts.driver;
  const connectName = readConnectName(driver, kind, parts, settings, count);
  if (mistakes > 0 || transport === null) return null;
  return {
    driver,
    transport,
    connectName,
    session: parts.path === '/session',
    socket: settings.socket,
    mode: settings.mode ?? 'auto',
    keepaliveIntervalMs: (settings.keepaliveInterval ?? defaultKeepaliveSeconds) * 1_000,
    keepaliveCount: settings.keepaliveCount ?? defaultKeepaliveCount,
    warnings: warningsOf(driver, settings),
  };
}

/** The text as it may be shown: without a password that may have been written into it. */
export function redactUri(text: string): string {
  const shown = text.slice(0, 2_000);
  return (
    shown
      .replace(/(:\/\/[^/@:?[\]]*):.*@/s, '$1:***@')
      // Without an "@" behind it: a port, or a password whose end is missing.
      .replace(/(:\/\/[^/@:?[\]]*):(?!\d{1,5}(?:[/?#]|$)|\*)[^/?#]*/, '$1:***')
      .replace(/([?&;]name=)[^&;]*%40[^&;]*/i, '$1***')
  );
}

function transportKind({ driver, transport, endpoint }: UriParts, report: Report): Transport['kind'] | null {
  switch (transport) {
    case 'ssh':
    case 'libssh':
    case 'libssh2':
      return 'ssh';
    case 'unix':
      return 'unix';
    case 'sim':
      return 'sim';
    case null:
      break;
    default: {
      const reason = refusedTransports[transport];
      report(
        reason === undefined
          ? `Unknown transport "${transport.slice(0, 40)}"; expected one of ${supportedTransports.join(', ')}.${didYouMean(transport, supportedTransports)}`
          : `The transport "${transport}" is refused: it ${reason}. Try ${driver}+ssh://.`,
      );
      return null;
    }
  }
  if (driver === 'sim') return 'sim';
  if (supportedTransports.includes(driver) || Object.hasOwn(refusedTransports, driver)) {
    report(`"${driver}" is a transport; put a driver before it, such as qemu+ssh://.`);
    return null;
  }
  if (endpoint.host === null) return 'unix';
  report(
    driversWithServer.includes(driver)
      ? `Drivers such as "${driver}" run in a libvirt daemon here: write ${driver}+ssh://DAEMON/?name=URI, with the URI for that daemon percent-encoded.`
      : `A host without a transport means libvirt's tls, which is refused: it ${refusedTransports['tls']}. Try ${driver}+ssh://.`,
  );
  return null;
}

function readTransport(
  kind: Transport['kind'],
  { endpoint }: UriParts,
  settings: UriSettings,
  context: UriContext,
  report: Report,
): Transport | null {
  const { host, port, user } = endpoint;
  if (kind !== 'ssh' && (port !== null || user !== null))
    report(`A user or port means nothing for the ${kind} transport.`);
  const hasSecret = context.passphrase !== null || context.password !== null;
  if (kind !== 'ssh' && (context.jump.length > 0 || hasSecret)) {
    report(`The host's jump, passphrase and password mean nothing for the ${kind} transport.`);
  }
  switch (kind) {
    case 'unix':
      if (host !== null)
        report('The unix transport reaches this machine only: leave the host out, as in qemu+unix:///system.');
      return { kind };
    case 'sim':
      if (host !== null) return { kind, daemonName: host, options: settings.simOptions };
      report('Expected a name for the embedded host, as in sim://demo1.');
      return null;
    case 'ssh':
      checkProxy(settings, report);
      if (settings.noVerify && settings.knownHostsVerify !== null) {
        report('Give either no_verify or known_hosts_verify, not both.');
      }
      if (host !== null) return sshTransport({ host, port, user }, settings, context);
      report('Expected a host name; for this machine leave the transport out, as in qemu:///system.');
      return null;
    default:
      return kind satisfies never;
  }
}

function sshTransport(hop: SshHop, settings: UriSettings, context: UriContext): Transport {
  return {
    kind: 'ssh',
    ssh: {
      hop,
      jump: context.jump,
      keyFile: settings.keyFile,
      knownHostsFile: settings.knownHosts,
      // libvirt's no_verify accepts new keys, but still refuses changed ones: that is its `auto`, not its `ignore`.
      knownHostsVerify: settings.knownHostsVerify ?? (settings.noVerify ? 'auto' : 'normal'),
      authMethods: settings.sshAuth,
      passphrase: context.passphrase,
      password: context.password,
    },
    proxy: settings.proxy ?? 'auto',
    command: settings.command,
    netcat: settings.netcat ?? 'nc',
  };
}

/** libvirt's helper on the host finds the socket by itself: it can neither be told one nor uses netcat. */
function checkProxy({ proxy, netcat, socket }: UriSettings, report: Report) {
  if (proxy !== 'native') return;
  if (netcat !== null) report('The parameter "netcat" means nothing with proxy=native.');
  if (socket !== null) report('The parameter "socket" cannot be used with proxy=native; leave one of them out.');
}

/** What the daemon is asked to open: libvirt's rule is the URI without transport, user, host, port and parameters. */
function readConnectName(
  driver: string,
  kind: Transport['kind'],
  { path }: UriParts,
  { name }: UriSettings,
  report: Report,
): string {
  if (name !== null) {
    if (/:\/\/[^/@]*:[^/@]*@/.test(name)) report('A password must not stand in the parameter "name".');
    return name;
  }
  // libvirt's generic scheme: the daemon chooses the driver itself.
  if (driver === 'remote') return '';
  if (kind === 'sim' && (path === '' || path === '/'))
    return driver === 'test' ? 'test:///default' : `${driver}:///system`;
  if (driver === 'qemu' && path !== '/system' && path !== '/session') {
    report('Expected the path /system or /session for the driver "qemu".');
  }
  if (driversWithServer.includes(driver)) {
    report(
      `The driver "${driver}" needs to be told its server: add name=URI, with the URI for that daemon percent-encoded.`,
    );
  }
  return `${driver}://${path}`;
}

function warningsOf(driver: string, settings: UriSettings): readonly string[] {
  const warnings: string[] = [];
  if (settings.knownHostsVerify === 'ignore') {
    warnings.push(
      "The host's key is not verified (known_hosts_verify=ignore): whoever is in between can read and change everything.",
    );
  }
  if (settings.noVerify) {
    warnings.push('A new host key is accepted unseen and recorded (no_verify); a changed one is still refused.');
  }
  if (!knownDrivers.includes(driver)) {
    warnings.push(
      `The driver "${driver}" is not one that libvirt is known to have.${didYouMean(driver, knownDrivers)}`,
    );
  }
  return warnings;
}
