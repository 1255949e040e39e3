import type { ProbeReport } from '../model/probe.ts';
import type { HostTarget } from '../model/target.ts';
import { unlessAborted } from './unless-aborted.ts';

/** Goes through the stages of reaching a host. Rejects with the signal's reason alone. */
export type ProbeHost = (target: HostTarget, options: { readonly signal: AbortSignal }) => Promise<ProbeReport>;

export type Probes = {
  /** The report of the probe that runs for this target, or of a new one. */
  run(target: HostTarget, signal: AbortSignal): Promise<ProbeReport>;
  /** Ends those that run, with this reason; returns when they have. */
  close(reason: Error): Promise<void>;
};

/**
 * One probe of a host at a time, whoever asks: each is a login, and sshd counts those that it refuses against the
 * address from which the host's own session comes, too.
 */
export function createProbes(probeHost: ProbeHost): Probes {
  // Bounded by the number of hosts.
  const running = new Map<HostTarget, Promise<ProbeReport>>();
  const over = new AbortController();

  function begin(target: HostTarget): Promise<ProbeReport> {
    const probe = probeHost(target, { signal: over.signal }).finally(() => running.delete(target));
    running.set(target, probe);
    return probe;
  }

  return {
    run: (target, signal) => unlessAborted(running.get(target) ?? begin(target), signal),
    async close(reason) {
      over.abort(reason);
      await Promise.allSettled(running.values());
    },
  };
}
