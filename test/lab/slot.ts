import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOk } from './run.ts';

/**
 * A slot is a number that names everything one lab has on this machine: its folder, its network device, its cgroups and
 * its two /24 networks. It is claimed by renaming a stamped folder into place, which two processes cannot both do.
 */
export interface Slot {
  readonly number: number;
  /** Prefix of every name outside the namespaces; also the root's network device. */
  readonly prefix: string;
  readonly folder: string;
  /** Where the hosts are, such as `198.18.4`. */
  readonly network: string;
  /** Behind the jump host; this machine has no way into it. */
  readonly innerNetwork: string;
}

/** Who owns a slot. A pid alone is not enough: it may have been given to another process since. */
export interface SlotOwner {
  readonly pid: number;
  readonly startTicks: string;
  readonly purpose: string;
}

const slotCount = 200;
const slotName = /^slot-(\d+)$/;

/** The folder of all slots. Private: it holds keys and a root shell's scripts. */
export function slotsFolder(): string {
  const folder = join(tmpdir(), 'virtgraph-lab');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Error(`${folder} is not a folder of our own: somebody else made it; remove it, or set TMPDIR`);
  }
  chmodSync(folder, 0o700);
  return folder;
}

/** Takes the first number whose names and networks nobody uses. */
export async function claimSlot(purpose: string): Promise<Slot> {
  const folder = slotsFolder();
  const used = await usedNetworks();
  const draft = mkdtempSync(join(folder, 'draft-'));
  const owner: SlotOwner = { pid: process.pid, startTicks: startTicks(process.pid) ?? '', purpose };
  writeFileSync(join(draft, 'owner.json'), JSON.stringify(owner));
  try {
    for (let number = 0; number < slotCount; number++) {
      const slot = slotOf(number);
      if (existsSync(slot.folder) || existsSync(`/sys/class/net/${slot.prefix}`)) continue;
      if (used.some((network) => network === slot.network || network === slot.innerNetwork)) continue;
      try {
        renameSync(draft, slot.folder);
      } catch (error) {
        if (existsSync(slot.folder)) continue; // another process was faster
        throw error;
      }
      return slot;
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  throw new Error(`all ${slotCount} lab slots are taken; see ${folder}`);
}

/** Every slot there is, with its owner and whether that process still runs. */
export function listSlots(): { slot: Slot; owner: SlotOwner | null; alive: boolean }[] {
  return readdirSync(slotsFolder())
    .map((name) => slotName.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map((digits) => {
      const slot = slotOf(Number(digits));
      const owner = readOwner(slot);
      return { slot, owner, alive: owner !== null && startTicks(owner.pid) === owner.startTicks };
    });
}

function slotOf(number: number): Slot {
  return {
    number,
    prefix: `vglab${number}`,
    folder: join(slotsFolder(), `slot-${number}`),
    // 198.18.0.0/15 is set aside for test networks (RFC 2544): no real host of anybody is in it.
    network: `198.18.${number}`,
    innerNetwork: `198.19.${number}`,
  };
}

function readOwner(slot: Slot): SlotOwner | null {
  try {
    // Written by claimSlot before the folder got this name, so it is whole.
    return JSON.parse(readFileSync(join(slot.folder, 'owner.json'), 'utf8')) as SlotOwner;
  } catch {
    return null; // being removed by its own janitor, or not ours
  }
}

/** When a process began, in clock ticks since boot; null when there is no such process. */
function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets and may hold spaces; start time is the 20th after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** The first three bytes of every IPv4 network that this machine has a route to. */
async function usedNetworks(): Promise<string[]> {
  const routes = await runOk(['ip', '-4', 'route', 'show', 'table', 'all']);
  return [...routes.matchAll(/\b(\d+\.\d+\.\d+)\.\d+/g)].map((match) => match[1] ?? '');
}
