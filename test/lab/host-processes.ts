import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface HostProcess {
  /** As this machine's root namespace sees it: what `process.kill` takes. */
  readonly pid: number;
  readonly argv: readonly string[];
}

/** The processes in the same pid namespace as `pid`, but for itself. Containers are in namespaces of their own. */
export function processesBeside(pid: number): HostProcess[] {
  const namespace = readLink(pid);
  const found: HostProcess[] = [];
  for (const name of readdirSync('/proc')) {
    const candidate = Number(name);
    if (!Number.isInteger(candidate) || candidate === pid || readLink(candidate) !== namespace) continue;
    const argv = readArgv(candidate);
    if (argv !== null) found.push({ pid: candidate, argv });
  }
  return found;
}

function readLink(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return null; // it has just ended
  }
}

function readArgv(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return null;
  }
}
