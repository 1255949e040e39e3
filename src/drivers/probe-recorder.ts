/** Keeps the stages of a probe in their order: which one runs, what it found, which one failed, which were never reached. */
import type { Clock } from '../clock.ts';
import { problemCodes, VirtgraphError } from '../errors.ts';
import type { ProbeDetail, ProbeStage, ProbeStageName, ProbeVerdict } from '../model/probe.ts';

export type PlannedStage = { readonly stage: ProbeStageName; readonly jumpHost: string | null };

/** What a stage has to say for itself. */
export type StageNote = {
  readonly verdict?: ProbeVerdict;
  readonly message: string;
  readonly remedy?: string;
  readonly details?: readonly ProbeDetail[];
};

export type ProbeRecorder = {
  /** What is still to come. Known in part only until the way to the host is known. */
  plan(stages: readonly PlannedStage[]): void;
  /** The stage before is over by that. */
  begin(stage: ProbeStageName, jumpHost?: string | null, atMs?: number): void;
  /** What the stage that runs has found, and that it is well. */
  found(note: StageNote, atMs?: number): void;
  /** What the stage that runs has found before it fails. */
  failing(note: StageNote): void;
  /** The end: the stage that the error is about has failed, and those after it are skipped. */
  fail(error: unknown): void;
  /** The end: all went well. */
  finish(): void;
  readonly stages: readonly ProbeStage[];
};

export type ProbeListener = {
  readonly onStage?: ((stage: ProbeStage) => void) | undefined;
  /** `ahead`: how many come after it, as far as is known. */
  readonly onBegin?: ((stage: PlannedStage, ahead: number) => void) | undefined;
};

type Running = PlannedStage & {
  readonly beganAtMs: number;
  foundAtMs: number | null;
  note: StageNote | null;
};

export function createProbeRecorder(clock: Clock, { onStage, onBegin }: ProbeListener): ProbeRecorder {
  const stages: ProbeStage[] = [];
  let ahead: PlannedStage[] = [];
  let running: Running | null = null;

  function add(stage: ProbeStage) {
    stages.push(stage);
    onStage?.(stage);
  }

  function endRunning() {
    if (!running) return;
    const { stage, jumpHost, beganAtMs, foundAtMs, note } = running;
    running = null;
    add({
      stage,
      jumpHost,
      verdict: note?.verdict ?? 'OK',
      message: note?.message ?? 'done',
      remedy: note?.remedy ?? null,
      code: null,
      durationMs: note?.verdict === 'SKIPPED' ? null : (foundAtMs ?? clock.monotonic()) - beganAtMs,
      details: note?.details ?? [],
    });
  }

  function skip({ stage, jumpHost }: PlannedStage, message: string) {
    add({ stage, jumpHost, verdict: 'SKIPPED', message, remedy: null, code: null, durationMs: null, details: [] });
  }

  /** Takes the plan up to and with that stage. Those before it were not needed. */
  function take(wanted: PlannedStage, message: string) {
    const index = ahead.findIndex(({ stage, jumpHost }) => stage === wanted.stage && jumpHost === wanted.jumpHost);
    const passed = ahead.slice(0, Math.max(0, index));
    if (index >= 0) ahead = ahead.slice(index + 1);
    for (const each of passed) skip(each, message);
  }

  /** The stage that runs, unless it has found what it wanted: then the one that the error names, else the next. */
  function blame(error: unknown): Running | null {
    if (running && running.foundAtMs === null) return running;
    const problem = error instanceof VirtgraphError ? error.detail.problem : undefined;
    const named = problem && problemCodes[problem].stage;
    const next = ahead.find(({ stage }) => stage === named) ?? ahead[0];
    if (!next) return running;
    endRunning();
    take(next, 'not reached');
    return { ...next, beganAtMs: clock.monotonic(), foundAtMs: null, note: null };
  }

  return {
    stages,
    plan(planned) {
      ahead = [...planned];
    },
    begin(stage, jumpHost = null, atMs = clock.monotonic()) {
      endRunning();
      take({ stage, jumpHost }, 'not needed');
      running = { stage, jumpHost, beganAtMs: atMs, foundAtMs: null, note: null };
      onBegin?.({ stage, jumpHost }, ahead.length);
    },
    found(note, atMs = clock.monotonic()) {
      if (running) Object.assign(running, { note, foundAtMs: atMs });
    },
    failing(note) {
      if (running) Object.assign(running, { note });
    },
    fail(error) {
      const failed = blame(error);
      running = null;
      if (failed) {
        const { stage, jumpHost, beganAtMs, note } = failed;
        const durationMs = clock.monotonic() - beganAtMs;
        add({ stage, jumpHost, verdict: 'FAILED', durationMs, details: note?.details ?? [], ...explain(error) });
      }
      for (const each of ahead) skip(each, `not tried, since ${failed?.stage ?? 'the probe'} failed`);
      ahead = [];
    },
    finish() {
      endRunning();
      for (const each of ahead) skip(each, 'not needed');
      ahead = [];
    },
  };
}

function explain(error: unknown): Pick<ProbeStage, 'message' | 'remedy' | 'code'> {
  if (!(error instanceof VirtgraphError)) {
    return {
      message: error instanceof Error ? error.message : String(error),
      remedy: 'This was not foreseen. Report it with the log.',
      code: 'UNEXPECTED',
    };
  }
  return { message: error.message, remedy: error.detail.remedy ?? null, code: error.detail.problem ?? null };
}
