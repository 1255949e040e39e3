import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Namespace } from './namespace.ts';

/** What one sshd allows and shows. Everything has the default of a well-kept server that lets root in by key. */
export interface SshdOptions {
  /** Default 22. A second sshd of the same host takes another. */
  readonly port?: number;
  /** `AllowStreamLocalForwarding`: without it libvirt's socket cannot be forwarded. Default true. */
  readonly streamLocalForwarding?: boolean;
  /** `AllowTcpForwarding`: a jump host needs it. Default true. */
  readonly tcpForwarding?: boolean;
  /** Private key files; default every key of this host. */
  readonly hostKeys?: readonly string[];
  /** Lines for authorized_keys; default the lab's keys. */
  readonly authorizedKeys?: string;
  /** `MaxStartups`; the default is high, so that a test meets a limit only where it sets one. */
  readonly maxStartups?: string;
  /** Further lines of sshd_config, which win over those above: sshd takes the first value it reads. */
  readonly extraLines?: readonly string[];
}

export interface SshdPlace {
  readonly namespace: Namespace;
  readonly address: string;
  /** Folder for its configuration, seen from inside and outside alike. */
  readonly folder: string;
  readonly hostKeys: readonly string[];
  readonly authorizedKeys: string;
}

/** Starts one sshd inside a namespace; when this returns it accepts connections. */
export async function startSshd(place: SshdPlace, options: SshdOptions = {}): Promise<number> {
  const port = options.port ?? 22;
  const folder = join(place.folder, `sshd-${port}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const config = join(folder, 'sshd_config');
  writeFileSync(join(folder, 'authorized_keys'), options.authorizedKeys ?? place.authorizedKeys);
  writeFileSync(config, sshdConfig(place, options, folder, port));
  // sshd detaches itself only after it has bound its port.
  await place.namespace.execOk(['/usr/sbin/sshd', '-f', config, '-E', join(folder, 'log')]);
  return port;
}

/** The file that holds the pid of the sshd on that port, as seen inside its namespace. */
export function sshdPidFile(place: SshdPlace, port: number): string {
  return join(place.folder, `sshd-${port}`, 'pid');
}

function sshdConfig(place: SshdPlace, options: SshdOptions, folder: string, port: number): string {
  const yes = (value: boolean | undefined) => (value === false ? 'no' : 'yes');
  return [
    ...(options.extraLines ?? []),
    `ListenAddress ${place.address}`,
    `Port ${port}`,
    `PidFile ${join(folder, 'pid')}`,
    ...(options.hostKeys ?? place.hostKeys).map((key) => `HostKey ${key}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    `AllowStreamLocalForwarding ${yes(options.streamLocalForwarding)}`,
    `AllowTcpForwarding ${yes(options.tcpForwarding)}`,
    `MaxStartups ${options.maxStartups ?? '500:30:1000'}`,
    'MaxSessions 200',
    'UseDNS no',
    'LogLevel VERBOSE',
    '',
  ].join('\n');
}
