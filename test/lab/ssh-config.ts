import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientKeys, KnownHosts } from './keys.ts';
import type { SshHost } from './ssh-host.ts';

export interface SshConfig {
  /** An ssh_config in which every machine has its name. */
  readonly path: string;
  /** `ssh -F path` as one command. */
  readonly command: string;
}

/** Writes the ssh_config of a lab. Those in `inner` are reached through the machine named `jump`. */
export function writeSshConfig(
  folder: string,
  machines: readonly SshHost[],
  inner: readonly SshHost[],
  keys: ClientKeys,
  knownHosts: KnownHosts,
): SshConfig {
  const path = join(folder, 'config');
  const named = machines.map((machine) => {
    const jump = inner.includes(machine) ? '\n  ProxyJump jump' : '';
    return `Host ${machine.name}\n  HostName ${machine.address}${jump}\n`;
  });
  const everywhere = `Host *
  User root
  IdentityFile ${keys.ed25519}
  IdentitiesOnly yes
  UserKnownHostsFile ${knownHosts.right}
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  BatchMode yes
`;
  writeFileSync(path, [...named, everywhere].join('\n'));
  const command = join(folder, 'ssh');
  writeFileSync(command, `#!/bin/sh\nexec ssh -F ${path} "$@"\n`);
  chmodSync(command, 0o755);
  return { path, command };
}
