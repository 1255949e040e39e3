import { createRandom, type Random } from '../../src/drivers/libvirt/sim/random.ts';
import type { LibvirtHost } from '../lab/libvirt-host.ts';
import { between, pick, pickWeighted } from './choose.ts';
import { guestCount, guestUuid, guestXml, networkXml, startableGuests, writeGuestXml } from './guests.ts';
import { pause } from './pause.ts';
import type { RunRecord } from './record.ts';
import type { ChaosHost } from './world.ts';

/** Numbers that were written into titles, and whether libvirt has said that they were taken. */
export type Revisions = {
  next(): number;
  confirm(revision: number): void;
  isConfirmed(revision: number): boolean;
};

export function createRevisions(): Revisions {
  const confirmed = new Set<number>();
  let last = 0;
  return {
    next: () => ++last,
    confirm: (revision) => confirmed.add(revision),
    isConfirmed: (revision) => confirmed.has(revision),
  };
}

export type OperatorOptions = {
  readonly host: ChaosHost;
  readonly random: Random;
  readonly revisions: Revisions;
  readonly record: RunRecord;
  readonly signal: AbortSignal;
};

/** What an operator takes a guest for; it may be wrong, since much happens that nobody tells it of. */
type Belief = 'absent' | 'off' | 'running' | 'paused';

const offConfiguration = { define: 2, autostart: 2, retitle: 4, 'attach-config': 3, 'detach-config': 2 } as const;
const liveConfiguration = { define: 2, autostart: 1, retitle: 4, 'attach-live': 4, 'attach-config': 1 } as const;
const ofNetwork = { 'net-define': 1, 'net-start': 1, 'net-destroy': 1, 'net-undefine': 0.5 } as const;

/** How often each is done, one against the other, by what the guest is taken for. */
const operations = {
  absent: { define: 10, create: 4, ...ofNetwork },
  off: { start: 20, undefine: 4, rename: 2, ...offConfiguration, ...ofNetwork },
  running: { suspend: 5, destroy: 5, crash: 1, undefine: 1, ...liveConfiguration, ...ofNetwork },
  paused: { resume: 8, destroy: 2, crash: 1, undefine: 1, ...liveConfiguration, ...ofNetwork },
} as const satisfies Record<Belief, Readonly<Record<string, number>>>;
type Operation = { [State in Belief]: keyof (typeof operations)[State] }[Belief];

/** What the guest is when this was done. */
const beliefAfter: Partial<Record<Operation, Belief>> = {
  create: 'running',
  start: 'running',
  resume: 'running',
  suspend: 'paused',
  destroy: 'off',
  crash: 'off',
};

/** A daemon that hangs is given up after so long; what it was asked may then still be done later. */
const patienceSeconds = 6;

/** Someone at the host with virsh, who does one thing after another until the signal. Never rejects for what virsh says. */
export async function operate(options: OperatorOptions): Promise<void> {
  const { host, random, record, signal } = options;
  const beliefs = new Map<string, Belief>();
  while (await pause(between(random, 50, 700), signal)) {
    // The seed of each step is drawn from the seed of the run: how long a step took changes nothing for the next.
    const step = createRandom(random.below(2 ** 32));
    const guest = step.below(guestCount);
    const uuid = guestUuid(host.name, guest, step.below(8) === 0 ? 1 : 0);
    // Now and then something that makes no sense.
    const belief = step.below(10) === 0 ? pick(step, states) : (beliefs.get(uuid) ?? 'absent');
    const operation = pickWeighted<Operation>(step, operations[belief]);
    const outcome = await perform(operation, guest, uuid, step, options);
    if (outcome === null) continue;
    beliefs.set(uuid, believe(belief, operation, outcome, step));
    const isNetwork = operation.startsWith('net-');
    record.note({
      kind: 'operation',
      who: 'virsh',
      host: host.name,
      subject: isNetwork ? null : uuid,
      text: `${operation} guest${guest} ${uuid} → ${outcome}`,
    });
  }
}

/** Who is refused was wrong about the guest, and guesses anew. */
function believe(before: Belief, operation: Operation, outcome: Outcome, random: Random): Belief {
  if (outcome === 'unknown') return before;
  if (outcome === 'refused') return operation.startsWith('net-') ? before : pick(random, states);
  if (operation === 'define') return before === 'absent' ? 'off' : before;
  if (operation === 'undefine') return before === 'off' ? 'absent' : before;
  return beliefAfter[operation] ?? before;
}

const states = ['absent', 'off', 'running', 'paused'] as const satisfies readonly Belief[];

type Outcome = 'done' | 'refused' | 'unknown' | `done: revision ${number}`;

/** Null: it was not even tried. */
async function perform(
  operation: Operation,
  guest: number,
  uuid: string,
  random: Random,
  { host: { libvirt }, revisions }: OperatorOptions,
): Promise<Outcome | null> {
  const virsh = (...args: readonly string[]) => askVirsh(libvirt, args);
  const address = () => `52:54:00:c4:${random.hex(2)}:${random.hex(2)}`;

  /** libvirt writes a title before it answers; when it does not answer, nobody knows. */
  async function revise(write: (revision: number) => Promise<Outcome>): Promise<Outcome> {
    const revision = revisions.next();
    const outcome = await write(revision);
    if (outcome !== 'done') return outcome;
    revisions.confirm(revision);
    return `done: revision ${revision}`;
  }
  const xmlPath = (revision: number | null) => {
    const macAddresses = Array.from({ length: random.below(3) }, address);
    return writeGuestXml(libvirt, guest, guestXml({ guest, uuid, revision, macAddresses }));
  };

  switch (operation) {
    case 'define':
      return await revise((revision) => virsh('define', xmlPath(revision)));
    case 'create':
      // Without a revision: where the guest is also defined, the older title would rightly come back when it stops.
      return guest < startableGuests ? await virsh('create', xmlPath(null)) : null;
    case 'start':
      return guest < startableGuests ? await virsh('start', uuid) : null;
    case 'suspend':
    case 'resume':
    case 'destroy':
      return await virsh(operation, uuid);
    case 'undefine':
      return await virsh('undefine', uuid);
    case 'crash':
      return crash(libvirt, guest);
    case 'autostart':
      return await virsh('autostart', uuid, ...(random.below(2) === 0 ? ['--disable'] : []));
    case 'retitle':
      // Of a guest that runs both titles are written: else the older one would rightly come back when it stops.
      return await revise(async (revision) => {
        const title = ['--title', '--new-desc', `revision ${revision}`];
        const both = await virsh('desc', uuid, '--live', '--config', ...title);
        return both === 'refused' ? await virsh('desc', uuid, '--config', ...title) : both;
      });
    case 'rename':
      return await virsh('domrename', uuid, random.below(2) === 0 ? `guest${guest}` : `renamed${guest}`);
    case 'attach-live':
    case 'attach-config': {
      const where = operation === 'attach-live' ? '--live' : '--config';
      return await virsh('attach-interface', uuid, 'network', 'default', '--mac', address(), where);
    }
    case 'detach-config':
      // Without an address it takes the one there is, and refuses where there are several.
      return await virsh('detach-interface', uuid, 'network', '--config');
    case 'net-define':
      return await virsh('net-define', writeGuestXml(libvirt, guestCount, networkXml));
    case 'net-start':
    case 'net-destroy':
    case 'net-undefine':
      return await virsh(operation, 'chaos');
    default:
      operation satisfies never;
      return null;
  }
}

/** As the kernel does when memory runs out. */
function crash(libvirt: LibvirtHost, guest: number): Outcome | null {
  const pid = libvirt.qemuPid(`guest${guest}`);
  if (pid === null) return null;
  process.kill(pid, 'SIGKILL');
  return 'done';
}

async function askVirsh(libvirt: LibvirtHost, args: readonly string[]): Promise<Outcome> {
  const patience = ['timeout', '--signal=KILL', String(patienceSeconds)];
  const { status, stderr } = await libvirt.exec([...patience, 'virsh', '-c', 'qemu:///system', ...args]);
  if (status === 0) return 'done';
  // 1 with libvirt's own answer is a refusal; a connection that broke, or a virsh that was killed, says nothing.
  const isAnswer = status === 1 && !/connection|socket|Broken pipe|end of file|closed/i.test(stderr);
  return isAnswer ? 'refused' : 'unknown';
}
