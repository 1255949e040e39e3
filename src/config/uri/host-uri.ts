import { VirtgraphError } from '../../errors.ts';
import type { HostTarget, Transport } from '../../model/target.ts';
import type { Report } from '../endpoint.ts';
import { didYouMean } from '../suggest.ts';
import { redactUri } from './redact-uri.ts';
import { driversWithServer, knownDrivers } from './uri-drivers.ts';
import { readUriSettings, type UriSettings } from './uri-parameters.ts';
import { splitUri, type UriParts } from './uri-syntax.ts';
import { readTransport, transportKind, type UriContext } from './uri-transport.ts';

/** What a host's URI says of it. */
export type HostUri = Pick<
  HostTarget,
  'driver' | 'transport' | 'connectName' | 'session' | 'socket' | 'mode' | 'keepaliveIntervalMs' | 'keepaliveCount'
> & {
  /** Allowed, but the operator should hear of it at every start. */
  readonly warnings: readonly string[];
};

const noContext: UriContext = { jump: [], passphrase: null, password: null, homeDir: null };

/** libvirt's own defaults of keepalive_interval and keepalive_count. */
const defaultKeepaliveSeconds = 5;
const defaultKeepaliveCount = 5;

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

/** What the daemon is asked to open: libvirt's rule is the URI without transport, user, host, port and parameters. */
function readConnectName(
  driver: string,
  kind: Transport['kind'],
  { path }: UriParts,
  { name }: UriSettings,
  report: Report,
): string {
  if (name !== null) {
    if (/:\/\/[^/@:?]*:(?!\d+(?:[/?]|$))[^@]*@/.test(name))
      report('A password must not stand in the parameter "name".');
    return name;
  }
  // libvirt's generic scheme: the daemon chooses the driver itself.
  if (driver === 'remote') return '';
  if (kind === 'sim' && (path === '' || path === '/')) {
    return driver === 'test' ? 'test:///default' : `${driver}:///system`;
  }
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
