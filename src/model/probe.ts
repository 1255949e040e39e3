/** What a probe of a host finds: the stages of reaching it, each judged by itself. */
import type { ProblemCode } from '../errors.ts';

/**
 * In the order in which they are gone through. The first ten are the stages that `HostProblem.stage` names; the first
 * seven are of SSH, and those from `resolve` to `authentication` come once for each server on the way.
 */
export const probeStages = [
  'config',
  'resolve',
  'connect',
  'key-exchange',
  'host-key',
  'authentication',
  'channel',
  'socket',
  'libvirt-auth',
  'open',
  'permissions',
  'latency',
  'least-privilege',
  'clock',
] as const;
export type ProbeStageName = (typeof probeStages)[number];

/** WARNING: it works, and should be otherwise. SKIPPED: not tried, and the message says why. */
export const probeVerdicts = ['OK', 'WARNING', 'FAILED', 'SKIPPED'] as const;
export type ProbeVerdict = (typeof probeVerdicts)[number];

export type ProbeDetail = { readonly name: string; readonly value: string };

export type ProbeStage = {
  readonly stage: ProbeStageName;
  /** The jump host that it is about; `null`: the host itself. */
  readonly jumpHost: string | null;
  readonly verdict: ProbeVerdict;
  readonly message: string;
  /** What to do about a WARNING or a failure. */
  readonly remedy: string | null;
  /** Set where it FAILED. */
  readonly code: ProblemCode | null;
  /** `null`: not tried. */
  readonly durationMs: number | null;
  readonly details: readonly ProbeDetail[];
};

export type ProbeReport = {
  /** As configured. */
  readonly host: string;
  readonly uri: string;
  /** No stage failed. */
  readonly ok: boolean;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly stages: readonly ProbeStage[];
};
