import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processesBeside } from './host-processes.ts';
import type { Hub } from './hub.ts';
import { addKnownServer } from './keys.ts';
import type { Namespace } from './namespace.ts';
import type { RunOptions, RunResult } from './run.ts';
import { type SshdOptions, type SshdPlace, sshdPidFile, startSshd } from './sshd.ts';
import { waitFor } from './wait.ts';

/** A machine of the lab that can be reached by ssh as root. */
export interface SshHost {
  readonly name: string;
  readonly address: string;
  /** Of the first sshd. */
  readonly sshPort: number;
  /** Holds its configuration, keys and logs; seen from inside and outside under the same path. */
  readonly folder: string;
  /** Private key files of its host keys: ed25519, ecdsa, rsa. */
  readonly hostKeys: readonly string[];
  /** Process id, as this machine sees it, of its first process. */
  readonly pid: number;
  exec(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  execOk(argv: readonly string[], options?: RunOptions): Promise<string>;
  /** Starts an sshd, on port 22 unless told otherwise, and returns its port; the lab's `right` known_hosts learns it. */
  startSshd(options?: SshdOptions): Promise<number>;
  /** Ends the listener, so that new connections are refused; those open go on. */
  stopSshd(port?: number): Promise<void>;
  /** Ends every open ssh connection with SIGKILL. Returns how many processes that was. */
  cutSshSessions(): number;
  /** Pulls the cable or puts it back: false makes every packet vanish. */
  setLink(up: boolean): Promise<void>;
}

export interface SshHostParts {
  readonly name: string;
  readonly namespace: Namespace;
  readonly hub: Hub;
  readonly place: SshdPlace;
  readonly knownHosts: () => string;
}

/** The verbs of a machine whose namespace is open and whose port in the hub has its name. */
export function sshHost(parts: SshHostParts): SshHost {
  const { name, namespace, hub, place } = parts;
  return {
    name,
    address: place.address,
    sshPort: 22,
    folder: place.folder,
    hostKeys: place.hostKeys,
    pid: namespace.pid,
    exec: (argv, options) => namespace.exec(argv, options),
    execOk: (argv, options) => namespace.execOk(argv, options),
    async startSshd(options = {}) {
      const port = await startSshd(place, options);
      const names = port === 22 ? [place.address] : [`[${place.address}]:${port}`];
      if (port !== 22) addKnownServer(parts.knownHosts(), { names, hostKeys: options.hostKeys ?? place.hostKeys });
      return port;
    },
    async stopSshd(port = 22) {
      const pid = readFileSync(sshdPidFile(place, port), 'utf8').trim();
      await namespace.execOk(['kill', pid]);
      await waitFor(`the end of sshd on port ${port}`, async () => {
        const gone = await namespace.exec(['bash', '-c', `! kill -0 ${pid} 2>/dev/null`]);
        return gone.status === 0;
      });
    },
    cutSshSessions() {
      // OpenSSH names the process of a connection "sshd: root@notty", and the listener by its command line.
      const sessions = processesBeside(namespace.pid).filter(
        ({ argv }) => argv[0]?.startsWith('sshd: ') && !argv[0].includes('[listener]'),
      );
      for (const session of sessions) killQuietly(session.pid);
      return sessions.length;
    },
    setLink: (up) => hub.setPort(name, up),
  };
}

/** Where a host keeps its keys and sshd's files. */
export function hostKeyPath(folder: string, type: string): string {
  return join(folder, `ssh_host_${type}_key`);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile, for example because its other half was killed just before.
  }
}
