import type { Clock } from '../../clock.ts';
import { type ErrorCode, type ErrorDetail, errorCodes, VirtgraphError } from '../../errors.ts';
import { parseUuid } from '../../model/brands.ts';
import type { Kept } from '../../model/kept-records.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { ChangePlan, OnceRequest, RememberedAnswers } from './action.ts';
import { resolveOutcome } from './send-change.ts';

export type AnswersOptions = {
  readonly kept: Pick<Kept, 'begun' | 'answer'>;
  readonly tasks: Pick<Tasks, 'begin' | 'find'>;
  readonly clock: Clock;
};

export type KeptAnswers = RememberedAnswers & {
  /** What is kept may be something else than before: everything that is known is to be kept again. */
  keepAnew(): void;
};

const longestKeyCharacters = 128;
const keptMs = 24 * 3_600_000;
/** Beyond either, the oldest are forgotten before their time. */
const mostAnswers = 10_000;
const mostCharacters = 64 * 1024 * 1024;

/** What is written when the work begins, and before anything is sent: a gateway that dies then knows it at its next start. */
type Begun = { readonly fingerprint: string; readonly tellsWhenSent: boolean; readonly plan: ChangePlan | null };

/** `fingerprint`: of the input; `null`: it is not known any more. */
type Answer =
  | { readonly fingerprint: string | null; readonly value: unknown }
  | { readonly fingerprint: string | null; readonly failure: Failure };
type Failure = { readonly code: ErrorCode; readonly message: string; readonly detail: Omit<ErrorDetail, 'cause'> };

/**
 * Remembers what became of changes, by the key that the caller gave each, for a day: whoever does not know whether he was
 * heard asks again with the same key, and the host is asked once.
 */
export function createAnswers({ kept, tasks, clock }: AnswersOptions): KeptAnswers {
  const underWay = new Map<string, { readonly fingerprint: string; readonly settled: Promise<void> }>();
  /** Of those under way: as it is kept. */
  const begun = new Map<string, { readonly at: number; readonly text: string }>();
  /** In the order of age. */
  const sizes = new Map<string, { readonly at: number; readonly characters: number }>();
  let characters = 0;

  function forgetSize(key: string) {
    characters -= sizes.get(key)?.characters ?? 0;
    sizes.delete(key);
  }

  function forget(keys: readonly string[]) {
    for (const key of keys) forgetSize(key);
    if (keys.length > 0) kept.answer.remove(keys);
  }

  function forgetOld() {
    const since = clock.now() - keptMs;
    let tooMany = sizes.size - mostAnswers;
    let tooLong = characters - mostCharacters;
    const old: string[] = [];
    for (const [key, size] of sizes) {
      if (size.at >= since && tooMany <= 0 && tooLong <= 0) break;
      old.push(key);
      tooMany--;
      tooLong -= size.characters;
    }
    forget(old);
  }

  function remember(key: string, answer: Answer, at = clock.now()) {
    const text = JSON.stringify(answer);
    forgetSize(key);
    sizes.set(key, { at, characters: text.length });
    characters += text.length;
    kept.answer.put(key, at, text);
    forgetOld();
  }

  function recall(key: string): Answer | null {
    forgetOld();
    if (!sizes.has(key)) return null;
    const text = kept.answer.get(key);
    // Written by `remember`, under a version and a checksum.
    return text === null ? lostAnswer : (JSON.parse(text) as Answer);
  }

  function replay(answer: Answer): unknown {
    if ('value' in answer) return answer.value;
    throw toError(answer.failure);
  }

  /** A task goes on after the answer: whoever asks again hears how it stands now. */
  function toError({ code, message, detail }: Failure): VirtgraphError {
    const id = detail.task ? parseUuid(detail.task.id) : null;
    const task = id && tasks.find(id);
    return new VirtgraphError(code, message, task ? { ...detail, task: { id: task.id, state: task.state } } : detail);
  }

  async function first<T>(
    { key, fingerprint, tellsWhenSent }: OnceRequest,
    work: (sending: (plan: ChangePlan) => void) => Promise<T>,
  ): Promise<T> {
    let isSent = !tellsWhenSent;
    const begin = (plan: ChangePlan | null) => {
      const record = { at: clock.now(), text: JSON.stringify({ fingerprint, tellsWhenSent, plan } satisfies Begun) };
      begun.set(key, record);
      kept.begun.put(key, record.at, record.text);
    };
    if (isSent) begin(null);
    try {
      const value = await work((plan) => {
        begin(plan);
        isSent = true;
      });
      remember(key, { fingerprint, value });
      return value;
    } catch (error) {
      if (isSent && !isNotSent(error)) remember(key, { fingerprint, failure: toFailure(error) });
      throw error;
    } finally {
      begun.delete(key);
      if (isSent) kept.begun.remove([key]);
    }
  }

  function load() {
    for (const { key, at, characters: size } of kept.answer.entries()) {
      forgetSize(key);
      sizes.set(key, { at, characters: size });
      characters += size;
    }
    forgetOld();
    for (const { key } of kept.begun.entries()) if (!begun.has(key)) settleBegun(key);
  }

  /** That these keys were used is still known: what was asked with them must not be done a second time. */
  function keepAnew() {
    const found = new Set(kept.answer.entries().map(({ key }) => key));
    const lost = [...sizes].filter(([key]) => !found.has(key));
    for (const [key, { at }] of lost) remember(key, lostAnswer, at);
    for (const [key, { at, text }] of begun) kept.begun.put(key, at, text);
    // Anew, in the order of age.
    sizes.clear();
    characters = 0;
    load();
  }

  /** The gateway died over it: what was sent may have taken effect. */
  function settleBegun(key: string) {
    // Written by `first`, under a version and a checksum.
    const record = JSON.parse(kept.begun.get(key) ?? 'null') as Begun | null;
    if (record !== null) {
      const { fingerprint, plan } = record;
      const task = plan && resolveOutcome(tasks, plan);
      const failure: Failure = {
        code: 'OUTCOME_UNKNOWN',
        message: 'The gateway ended before the answer came.',
        detail: {
          outcome: 'UNKNOWN',
          ...(plan && { host: plan.hostName }),
          ...(task && { task: { id: task.id, state: task.state } }),
          remedy: 'See what the task says, or read the object; then decide. Ask again under another key.',
        },
      };
      remember(key, { fingerprint, failure });
    }
    kept.begun.remove([key]);
  }
  load();

  return {
    keepAnew,
    async once<T>(request: OnceRequest, work: (sending: (plan: ChangePlan) => void) => Promise<T>): Promise<T> {
      const { key, fingerprint } = request;
      if (key.length < 1 || key.length > longestKeyCharacters) {
        throw new VirtgraphError(
          'BAD_USER_INPUT',
          `Expected an \`idempotencyKey\` of 1 to ${longestKeyCharacters} characters, saw ${key.length}.`,
          { outcome: 'NOT_SENT' },
        );
      }
      for (;;) {
        const other = underWay.get(key);
        if (other === undefined) {
          const known = recall(key);
          if (known !== null) {
            requireSame(known, request);
            // The same input went into the same work, whose answer this was.
            return replay(known) as T;
          }
          const { promise: settled, resolve } = Promise.withResolvers<void>();
          underWay.set(key, { fingerprint, settled });
          try {
            return await first(request, work);
          } finally {
            underWay.delete(key);
            resolve();
          }
        }
        requireSame(other, request);
        // The first one answers for all; where it was never sent, the next in line is the first.
        await other.settled;
      }
    },
  };
}

const lostAnswer: Answer = {
  fingerprint: null,
  failure: {
    code: 'OUTCOME_UNKNOWN',
    message: 'This `idempotencyKey` has been used, and its answer was lost with the store.',
    detail: { outcome: 'UNKNOWN', remedy: 'Read the object; then decide. Ask again under another key.' },
  },
};

function requireSame(known: { readonly fingerprint: string | null }, { fingerprint }: OnceRequest) {
  if (known.fingerprint === null || known.fingerprint === fingerprint) return;
  throw new VirtgraphError('CONFLICT', 'This `idempotencyKey` has been used for another input.', {
    outcome: 'NOT_SENT',
    remedy: 'Use a key of its own for each change, such as a random UUID; the same one only to ask the same again.',
  });
}

/** It changed nothing, so that asking again is the right thing to do. */
function isNotSent(error: unknown): boolean {
  if (!(error instanceof VirtgraphError)) return false;
  const { outcome } = error.detail;
  return outcome === 'NOT_SENT' || (outcome === undefined && errorCodes[error.code].retryable);
}

function toFailure(error: unknown): Failure {
  if (!(error instanceof VirtgraphError)) {
    return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), detail: {} };
  }
  const { cause: _, ...detail } = error.detail;
  return { code: error.code, message: error.message, detail };
}
