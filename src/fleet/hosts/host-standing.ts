import type { Clock } from '../../clock.ts';
import { VirtgraphError } from '../../errors.ts';
import { errorFields, type Log } from '../../log.ts';
import type { HostStatus } from '../../model/host.ts';
import type { HostTarget } from '../../model/target.ts';
import type { HostView } from '../objects.ts';
import { changedHostFields } from '../replica/changed-fields.ts';
import { isSameProblem, viewProblem } from './host-problem.ts';
import type { SessionNews } from './session-news.ts';

/** How a host stands: its view, and what is told and logged when that becomes another. It decides nothing. */
export type HostStanding = {
  view(): HostView;
  /** Connected; everything is to be read now. */
  syncing(learned: Pick<HostView, 'facts' | 'capabilities'>): void;
  /** Connected, and reading everything failed. */
  notSynced(error: unknown, retryInMs: number | null): void;
  ready(): void;
  /** There is no connection. `retryInMs` null: not before a person acts. */
  failed(error: unknown, retryInMs: number | null): void;
  /** The connection is over. `lastTrueAt`: until when what is known was true. */
  lost(reason: VirtgraphError, retryInMs: number | null, lastTrueAt: number | null): void;
  /** A ready host's `asOf` moves on; that is no change that anybody is told of. */
  trueAt(asOf: number, precision?: 'exactly'): void;
  describedAs(words: Pick<HostView, 'uri' | 'labels'>): void;
  /** Another way to it is configured; what failed on the way before says nothing of it. */
  toBeReachedAnew(words: Pick<HostView, 'uri' | 'labels' | 'readOnly'>): void;
  /** Nothing more is told of the host. */
  end(): void;
};

export type StandingOptions = {
  readonly target: Pick<HostTarget, 'name' | 'uri' | 'labels' | 'readOnly'>;
  /** As an earlier run of the gateway last knew it; `null`: it did not. */
  readonly restored: HostView | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly tell: (news: SessionNews) => void;
};

/** A ready host's `asOf` moves with each sign of life; the same view is handed out for so long. */
const viewLifeMs = 1_000;

export function createHostStanding({ target, restored, clock, log, tell }: StandingOptions): HostStanding {
  const { name, uri, labels, readOnly } = target;
  let isOver = false;
  let wasReady = restored !== null && restored.asOf !== null;
  /** Who watches the host was told that it was interrupted, and is still to hear that it goes on. */
  let interrupted = wasReady;
  let view: HostView = restored ?? {
    kind: 'host',
    name,
    uri,
    labels,
    readOnly,
    status: 'CONNECTING',
    problem: null,
    asOf: null,
    stale: true,
    facts: null,
    capabilities: null,
  };

  function change(part: Partial<HostView>) {
    const before = view;
    view = { ...view, ...part, stale: (part.status ?? view.status) !== 'READY' };
    const changedFields = changedHostFields(
      before,
      isSameProblem(before.problem, view.problem) ? { ...view, problem: before.problem } : view,
    );
    if (changedFields.length === 0 || isOver) return;
    tell({ type: 'upserted', origin: 'EVENT', object: view, previous: before, changedFields });
  }

  function logStatus() {
    const { status, problem } = view;
    const fields = { status, ...(problem && { code: problem.code, stage: problem.stage, remedy: problem.remedy }) };
    if (problem === null) log.info(fields, `Host is ${status}`);
    else log.warn(fields, `Host is ${status}: ${problem.message}`);
  }

  function setProblem(status: HostStatus, error: unknown, retryInMs: number | null, part: Partial<HostView> = {}) {
    if (isOver) return;
    const before = view.status === status ? view.problem : null;
    const problem = viewProblem(error, before, clock.now(), retryInMs);
    change({ ...part, status, problem });
    if (!isSameProblem(before, problem)) logStatus();
    if (!(error instanceof VirtgraphError))
      log.error(errorFields(error), 'A host failed in a way that was not foreseen');
  }

  function statusOfFailure(retryInMs: number | null): HostStatus {
    if (retryInMs === null) return 'BLOCKED';
    return wasReady ? 'LOST' : 'CONNECTING';
  }

  function interrupt() {
    interrupted = true;
    if (!isOver) tell({ type: 'hostInterrupted', host: view });
  }

  // The gateway itself was away: for who watches the host, that is the same as if the host had been.
  if (restored !== null) {
    change({ uri, labels, readOnly, status: 'CONNECTING', problem: null });
    if (restored.status === 'READY') interrupt();
  }

  return {
    view: () => view,
    syncing(learned) {
      change({ status: 'SYNCING', problem: null, asOf: view.asOf ?? clock.now(), ...learned });
      logStatus();
    },
    notSynced: (error, retryInMs) => setProblem('SYNCING', error, retryInMs),
    ready() {
      wasReady = true;
      change({ status: 'READY', problem: null, asOf: clock.now() });
      logStatus();
      if (!interrupted) return;
      interrupted = false;
      if (!isOver) tell({ type: 'hostResumed', host: view });
    },
    failed: (error, retryInMs) => setProblem(statusOfFailure(retryInMs), error, retryInMs),
    lost(reason, retryInMs, lastTrueAt) {
      const wasUp = view.status === 'READY';
      setProblem(statusOfFailure(retryInMs), reason, retryInMs, wasUp ? { asOf: lastTrueAt } : {});
      if (wasUp) interrupt();
    },
    trueAt(asOf, precision) {
      const step = precision === 'exactly' ? 1 : viewLifeMs;
      if (view.status === 'READY' && asOf - (view.asOf ?? 0) >= step) view = { ...view, asOf };
    },
    describedAs: (words) => change(words),
    toBeReachedAnew(words) {
      const wasUp = view.status === 'READY';
      change({ ...words, status: 'CONNECTING', problem: null, ...(wasUp && { asOf: clock.now() }) });
      if (wasUp) interrupt();
      wasReady = false;
    },
    end() {
      isOver = true;
    },
  };
}
