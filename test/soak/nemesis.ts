import { systemClock } from '../../src/clock.ts';
import type { SimDaemon } from '../../src/drivers/libvirt/sim/daemon.ts';
import { noFaults } from '../../src/drivers/libvirt/sim/faults.ts';
import type { Random } from '../../src/drivers/libvirt/sim/random.ts';
import { between, pick } from '../chaos/choose.ts';

/** Makes hosts fail, one after the other and several at once. */
export type Nemesis = {
  /** How often it did what. */
  readonly deeds: Readonly<Record<string, number>>;
  /** Heals everything. */
  stop(): void;
};

type Deed = (daemon: SimDaemon, random: Random) => (() => void) | null;

const deeds: Readonly<Record<string, Deed>> = {
  cut(daemon) {
    daemon.dropConnections();
    return null;
  },
  refuse(daemon) {
    daemon.setFaults({ refuse: true });
    daemon.dropConnections();
    return () => daemon.setFaults({ refuse: false });
  },
  stall(daemon) {
    daemon.setFaults({ stalled: true });
    return () => daemon.setFaults({ stalled: false });
  },
  delay(daemon, random) {
    daemon.setFaults({ latencyMs: between(random, 50, 1_500) });
    return () => daemon.setFaults({ latencyMs: 0 });
  },
  dropEvents(daemon) {
    daemon.setFaults({ dropEvents: true });
    return () => daemon.setFaults({ dropEvents: false });
  },
  cutReply(daemon, random) {
    daemon.setFaults({ cutNextReplyAfter: between(random, 0, 200) });
    return null;
  },
  garbage(daemon) {
    daemon.setFaults({ garbleNextReply: true });
    return null;
  },
  stickGuest(daemon, random) {
    const running = [...daemon.host.domains.values()].filter(({ live }) => live !== null);
    if (running.length === 0) return null;
    const { uuid } = pick(random, running);
    daemon.stick(uuid);
    return () => {
      // It may be gone, or have been started anew, since.
      if (daemon.host.domains.has(uuid)) daemon.unstick(uuid);
    };
  },
};

export function startNemesis(daemons: readonly SimDaemon[], random: Random): Nemesis {
  const done: Record<string, number> = {};
  const healing = new Set<() => void>();
  let cancelNext = () => {};

  function strike() {
    const name = pick(random, Object.keys(deeds));
    const heal = deeds[name]?.(pick(random, daemons), random) ?? null;
    done[name] = (done[name] ?? 0) + 1;
    if (heal) {
      const end = () => {
        healing.delete(end);
        cancel();
        heal();
      };
      const cancel = systemClock.after(between(random, 500, 8_000), end);
      healing.add(end);
    }
    cancelNext = systemClock.after(between(random, 100, 600), strike);
  }
  strike();

  return {
    deeds: done,
    stop() {
      cancelNext();
      for (const heal of healing) heal();
      for (const daemon of daemons) daemon.setFaults(noFaults());
    },
  };
}
