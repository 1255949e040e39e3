import { createRandom, type Random } from '../../src/drivers/libvirt/sim/random.ts';
import { processesBeside } from '../lab/host-processes.ts';
import type { ChaosFaults, CutKind, Direction } from '../support/chaos-proxy.ts';
import { between, pick, pickWeighted } from './choose.ts';
import { pause } from './pause.ts';
import type { RunRecord } from './record.ts';
import type { ChaosHost, ChaosWorld } from './world.ts';

export type NemesisOptions = {
  readonly world: ChaosWorld;
  readonly random: Random;
  readonly record: RunRecord;
  readonly signal: AbortSignal;
};

/** How often each comes, one against the other. */
const actions = {
  'cut-ssh-sessions': 4,
  'stop-sshd': 3,
  'freeze-ssh-sessions': 2,
  'restart-libvirtd': 3,
  'kill-libvirtd': 4,
  'freeze-libvirtd': 4,
  'pull-cable': 2,
  'cut-way': 4,
  'cut-way-within-message': 4,
  'half-open-way': 4,
  'stall-way': 3,
  'drip-way': 2,
  'slow-way': 3,
  'refuse-way': 2,
  'garbage-on-way': 3,
  'kill-gateway': 4,
  'freeze-gateway': 2,
  'cut-clients': 4,
  'half-open-clients': 1,
  'stall-clients': 2,
} as const satisfies Record<string, number>;
type Action = keyof typeof actions;

/** How many things may be wrong at once. */
const atOnce = 3;

/** Breaks one thing after another, and mends each after a while; at the end mends all that is still broken. */
export async function torment(options: NemesisOptions): Promise<void> {
  const { world, random, record, signal } = options;
  /** What is broken right now: never twice the same, for mending would undo what the other broke. */
  const busy = new Map<string, Promise<void>>();
  while (await pause(between(random, 300, 4_000), signal)) {
    const step = createRandom(random.below(2 ** 32));
    const action = pickWeighted(step, actions);
    const host = pick(step, world.hosts);
    const part = partOf(action, host);
    if (busy.size >= atOnce || busy.has(part)) continue;
    const about = action.endsWith('gateway') || action.endsWith('clients') ? null : host.name;
    record.note({ kind: 'nemesis', who: 'nemesis', host: about, text: `${action} begins` });
    const done = perform(action, host, step, options)
      .catch((error: unknown) => record.violate('nemesis', `${action} failed: ${String(error)}`, { host: about }))
      .finally(() => {
        busy.delete(part);
        record.note({ kind: 'phase', who: 'nemesis', host: about, text: `${action} is over` });
      });
    busy.set(part, done);
  }
  await Promise.all(busy.values());
}

function partOf(action: Action, host: ChaosHost): string {
  if (action.endsWith('gateway')) return 'gateway';
  if (action.endsWith('clients')) return 'clients';
  if (action.includes('way')) return `way to ${host.name}`;
  if (action.includes('libvirtd')) return `libvirtd of ${host.name}`;
  return `reach of ${host.name}`;
}

async function perform(
  action: Action,
  { libvirt, way }: ChaosHost,
  random: Random,
  { world: { gateway, front }, signal }: NemesisOptions,
): Promise<void> {
  const forAWhile = (leastMs: number, mostMs: number) => pause(between(random, leastMs, mostMs), signal);
  const cutKind: CutKind = random.below(2) === 0 ? 'RST' : 'FIN';
  const direction: Direction = random.below(2) === 0 ? 'up' : 'down';
  const withFaults = async (proxy: typeof way, faults: ChaosFaults, leastMs: number, mostMs: number) => {
    proxy.setFaults(faults);
    await forAWhile(leastMs, mostMs);
    proxy.setFaults({});
  };

  switch (action) {
    case 'cut-ssh-sessions':
      libvirt.cutSshSessions();
      return;
    case 'stop-sshd':
      await libvirt.stopSshd();
      libvirt.cutSshSessions();
      await forAWhile(500, 6_000);
      await libvirt.startSshd();
      return;
    case 'freeze-ssh-sessions': {
      const sessions = processesBeside(libvirt.pid).filter(({ argv }) => argv[0]?.startsWith('sshd: '));
      for (const { pid } of sessions) signalQuietly(pid, 'SIGSTOP');
      await forAWhile(1_000, 15_000);
      for (const { pid } of sessions) signalQuietly(pid, 'SIGCONT');
      return;
    }
    case 'restart-libvirtd':
      await libvirt.stopLibvirtd();
      await forAWhile(0, 2_000);
      await libvirt.startLibvirtd();
      return;
    case 'kill-libvirtd':
      await libvirt.stopLibvirtd('SIGKILL');
      await forAWhile(0, 3_000);
      await libvirt.startLibvirtd();
      return;
    case 'freeze-libvirtd':
      libvirt.signalLibvirtd('SIGSTOP');
      await forAWhile(1_000, 18_000);
      libvirt.signalLibvirtd('SIGCONT');
      return;
    case 'pull-cable':
      await libvirt.setLink(false);
      await forAWhile(1_000, 12_000);
      await libvirt.setLink(true);
      return;
    case 'cut-way':
      way.cut(cutKind);
      return;
    case 'cut-way-within-message': {
      // On a quiet way that many bytes may take until after the last mending.
      const callOff = way.cutAfter(direction, between(random, 1, 20_000), cutKind);
      await forAWhile(1_000, 15_000);
      callOff();
      return;
    }
    case 'half-open-way': {
      const lost = { swallow: true };
      const both = random.below(2) === 0;
      await withFaults(way, both ? { up: lost, down: lost } : { [direction]: lost }, 1_000, 15_000);
      return;
    }
    case 'stall-way': {
      const stalled = { stall: true };
      const both = random.below(2) === 0;
      await withFaults(way, both ? { up: stalled, down: stalled } : { [direction]: stalled }, 1_000, 15_000);
      return;
    }
    case 'drip-way':
      await withFaults(way, { [direction]: { drip: { bytes: between(random, 16, 400), everyMs: 20 } } }, 2_000, 12_000);
      return;
    case 'slow-way': {
      const slow = { latencyMs: between(random, 5, 400), jitterMs: between(random, 0, 300) };
      await withFaults(way, { up: slow, down: slow }, 2_000, 12_000);
      return;
    }
    case 'refuse-way':
      way.setFaults({ refuse: true });
      way.cut(cutKind);
      await forAWhile(500, 5_000);
      way.setFaults({});
      return;
    case 'garbage-on-way':
      way.injectGarbage(direction, between(random, 1, 300));
      return;
    case 'kill-gateway':
      await gateway.kill();
      await forAWhile(0, 2_000);
      await gateway.start();
      return;
    case 'freeze-gateway':
      gateway.signal('SIGSTOP');
      await forAWhile(500, 8_000);
      gateway.signal('SIGCONT');
      return;
    case 'cut-clients':
      front.cut(cutKind);
      return;
    case 'half-open-clients':
      await withFaults(front, { down: { swallow: true } }, 1_000, 8_000);
      return;
    case 'stall-clients':
      await withFaults(front, { down: { stall: true } }, 1_000, 10_000);
      return;
    default:
      action satisfies never;
  }
}

function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended: a stopped process can still be killed.
  }
}
