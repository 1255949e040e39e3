import type { Clock } from '../../clock.ts';
import type { ProbeReport, ProbeStage } from '../../model/probe.ts';
import type { HostTarget } from '../../model/target.ts';
import type { Fleet } from '../types.ts';
import type { AnswerWait, FollowedWork, HostWorks } from './host-work.ts';

/** Goes through the stages of reaching a host. Rejects with the signal's reason alone. */
export type ProbeHost = (
  target: HostTarget,
  options: {
    readonly signal: AbortSignal;
    readonly onStage?: (stage: ProbeStage) => void;
    /** `ahead`: how many stages come after it, as far as is known. */
    readonly onBegin?: (stage: Pick<ProbeStage, 'stage' | 'jumpHost'>, ahead: number) => void;
  },
) => Promise<ProbeReport>;

export type Probes = {
  /** The report of the probe that runs for this target, or of a new one; with a task, what it has found so far. */
  run(target: HostTarget, wait: AnswerWait): ReturnType<Fleet['probe']>;
  /** Returns when those that run have ended, as they do when their tasks are closed. */
  ended(): Promise<void>;
};

type Probe = { readonly work: FollowedWork<ProbeReport>; readonly soFar: () => ProbeReport };

/**
 * One probe of a host at a time, whoever asks: each is a login, and sshd counts those that it refuses against the
 * address from which the host's own session comes, too.
 */
export function createProbes(probeHost: ProbeHost, hostTasks: HostWorks, clock: Clock): Probes {
  // Bounded by the number of hosts.
  const running = new Map<HostTarget, Probe>();

  function begin(target: HostTarget): Probe {
    const startedAt = clock.now();
    const beganAtMs = clock.monotonic();
    const stages: ProbeStage[] = [];
    const soFar = (): ProbeReport => ({
      host: target.name,
      uri: target.uri,
      ok: stages.every(({ verdict }) => verdict !== 'FAILED'),
      startedAt,
      durationMs: clock.monotonic() - beganAtMs,
      stages: [...stages],
    });
    const about = {
      taskKind: 'PROBE_HOST',
      hostName: target.name,
      summary: `${target.name} is probed.`,
      cancellable: true,
    } as const;
    const work = hostTasks.begin(about, async ({ signal, tell }) => {
      tell({ probe: soFar() });
      const report = await probeHost(target, {
        signal,
        onStage(stage) {
          stages.push(stage);
          tell({ probe: soFar() });
        },
        onBegin({ stage, jumpHost }, ahead) {
          const step = jumpHost === null ? stage : `${stage} of ${jumpHost}`;
          const [processed, remaining] = [stages.length, ahead + 1];
          const percent = (100 * processed) / (processed + remaining);
          tell({ progress: { percent, processed, remaining, unit: 'STEPS', step } });
        },
      });
      tell({ probe: report });
      return report;
    });
    const probe = { work, soFar };
    running.set(target, probe);
    // Whoever asks after it was cancelled gets a new one.
    const forget = () => void (running.get(target) === probe && running.delete(target));
    work.done.then(forget, forget);
    return probe;
  }

  return {
    async run(target, wait) {
      const { work, soFar } = running.get(target) ?? begin(target);
      const { value, task } = await hostTasks.wait(work, wait);
      return { report: value ?? soFar(), task };
    },
    async ended() {
      await Promise.allSettled([...running.values()].map(({ work }) => work.done));
    },
  };
}
