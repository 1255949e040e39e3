import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Lab } from '../test/lab/lab.ts';
import type { LibvirtHost } from '../test/lab/libvirt-host.ts';
import { waitFor } from '../test/lab/wait.ts';

/** A host's libvirt socket through OpenSSH's own client: what SSH itself costs, whoever speaks through it. */
export async function forwardSocket(lab: Lab, host: LibvirtHost): Promise<{ path: string; close(): Promise<void> }> {
  const path = join(lab.folder, `forwarded-${host.name}.sock`);
  const child = spawn(lab.sshCommand, ['-N', '-L', `${path}:/run/libvirt/libvirt-sock`, host.name], {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', reject);
  });
  await Promise.race([waitFor('ssh to forward the socket', () => existsSync(path)), ended]);
  return {
    path,
    async close() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
