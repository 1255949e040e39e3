import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run, toolPath } from './run.ts';
import { listSlots, type Slot, slotsFolder } from './slot.ts';

/**
 * What a lab has outside its namespaces: a folder, cgroup folders, one network device. The janitor is a shell of its own
 * that waits for the end of a pipe from us, so it cleans up after a lab that was closed and after one whose process was
 * killed, in the same way. Should it be killed too, the next lab sweeps.
 */
export interface Janitor {
  /** Lets it work, and waits until everything is gone. May be called twice. */
  close(): Promise<void>;
}

/**
 * Shell: clean PREFIX FOLDER STAMP. The lock keeps janitor and sweeper apart; the stamp, read under the lock, keeps both
 * from a newer lab that has taken the same slot meanwhile. Cgroups can be removed only when the last process in them is
 * gone, which the kernel does in its own time. The folder is moved before it is emptied, so that a slot is never half there.
 */
const cleanScript = `
clean() (
  flock --nonblock 9 && [ "$(cat "$2/owner.json")" = "$3" ] || exit 0
  ip link del "$1" 2>/dev/null
  for attempt in $(seq 200); do
    find /sys/fs/cgroup -depth -type d -path "*/$1-*" -exec rmdir {} \\; 2>/dev/null
    [ -z "$(find /sys/fs/cgroup -type d -name "$1-*" -print -quit)" ] && break
    sleep 0.05
  done
  mv "$2" "$2.trash" && rm -rf "$2.trash"
) 9>"$2/lock"`;

export function openJanitor(slot: Slot): Janitor {
  const script = `${cleanScript}\nread -r -d '' _\nclean "$@" 2>/dev/null`;
  const child = spawn('bash', ['--noprofile', '--norc', '-c', script, 'lab-janitor', ...cleanArguments(slot)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: { PATH: toolPath(), LC_ALL: 'C' },
  });
  child.stdin?.on('error', () => {});
  return { close: () => end(child) };
}

/** Removes what labs left whose process and janitor are both gone. Returns their names. */
export async function sweepDeadLabs(): Promise<string[]> {
  removeTrash();
  const dead = listSlots().filter(({ owner, alive }) => owner !== null && !alive);
  for (const { slot } of dead) {
    await run(['bash', '-c', `${cleanScript}\nclean "$@"`, 'lab-janitor', ...cleanArguments(slot)]);
  }
  return dead.map(({ slot }) => slot.prefix);
}

function cleanArguments(slot: Slot): string[] {
  return [slot.prefix, slot.folder, readFileSync(join(slot.folder, 'owner.json'), 'utf8')];
}

/** Folders that were on their way in or out when their process was killed. */
function removeTrash(): void {
  const folder = slotsFolder();
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const abandonedDraft =
      name.startsWith('draft-') && Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 60_000;
    if (abandonedDraft || name.endsWith('.trash')) rmSync(path, { recursive: true, force: true });
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  await exited;
}
