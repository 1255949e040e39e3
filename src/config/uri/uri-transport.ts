import type { SecretSource, SshHop, Transport } from '../../model/target.ts';
import type { Report } from '../endpoint.ts';
import { didYouMean } from '../suggest.ts';
import { driversWithServer } from './uri-drivers.ts';
import type { UriSettings } from './uri-parameters.ts';
import type { UriParts } from './uri-syntax.ts';

/** What stands beside the URI in the configuration, and whose home `~/` is. */
export type UriContext = {
  readonly jump: readonly SshHop[];
  readonly passphrase: SecretSource | null;
  readonly password: SecretSource | null;
  readonly homeDir: string | null;
};

const supportedTransports = ['ssh', 'libssh', 'libssh2', 'unix', 'sim'];

/** Reasons for what libvirt knows and we do not. */
const tlsReason = 'needs certificates on every host and opens a port of the daemon to the network';
const refusedTransports: ReadonlyMap<string, string> = new Map([
  ['tls', tlsReason],
  ['tcp', 'is neither encrypted nor authenticated'],
  ['ext', 'would run a command of its own for each connection'],
]);

/** Which of our ways to a daemon the URI means; `null` after a mistake. */
export function transportKind({ driver, transport, endpoint }: UriParts, report: Report): Transport['kind'] | null {
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
      const reason = refusedTransports.get(transport);
      report(
        reason === undefined
          ? `Unknown transport "${transport.slice(0, 40)}"; expected one of ${supportedTransports.join(', ')}.${didYouMean(transport, supportedTransports)}`
          : `The transport "${transport}" is refused: it ${reason}. Try ${driver}+ssh://.`,
      );
      return null;
    }
  }
  if (driver === 'sim') return 'sim';
  if (supportedTransports.includes(driver) || refusedTransports.has(driver)) {
    report(`"${driver}" is a transport; put a driver before it, such as qemu+ssh://.`);
    return null;
  }
  if (endpoint.host === null) return 'unix';
  report(
    driversWithServer.includes(driver)
      ? `Drivers such as "${driver}" run in a libvirt daemon here: write ${driver}+ssh://DAEMON/?name=URI, with the URI for that daemon percent-encoded.`
      : `A host without a transport means libvirt's tls, which is refused: it ${tlsReason}. Try ${driver}+ssh://.`,
  );
  return null;
}

/** The way itself, with all that the URI and its surroundings say of it; `null` after some mistakes. */
export function readTransport(
  kind: Transport['kind'],
  { endpoint }: UriParts,
  settings: UriSettings,
  context: UriContext,
  report: Report,
): Transport | null {
  const { host, port, user } = endpoint;
  if (kind !== 'ssh' && (port !== null || user !== null)) {
    report(`A user or port means nothing for the ${kind} transport.`);
  }
  const hasSecret = context.passphrase !== null || context.password !== null;
  if (kind !== 'ssh' && (context.jump.length > 0 || hasSecret)) {
    report(`The host's jump, passphrase and password mean nothing for the ${kind} transport.`);
  }
  switch (kind) {
    case 'unix':
      if (host !== null) {
        report('The unix transport reaches this machine only: leave the host out, as in qemu+unix:///system.');
      }
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
function checkProxy({ proxy, netcat, socket, mode }: UriSettings, report: Report) {
  if (proxy !== 'native') return;
  if (mode === 'direct' || mode === 'legacy')
    report(`The parameter "mode" cannot be used with proxy=native, which looks for the socket itself.`);
  if (netcat !== null) report('The parameter "netcat" means nothing with proxy=native.');
  if (socket !== null) report('The parameter "socket" cannot be used with proxy=native; leave one of them out.');
}
