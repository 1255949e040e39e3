import type { Clock } from '../clock.ts';
import { type ErrorCode, type ErrorDetail, errorCodes, VirtgraphError } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import { parseUuid } from '../model/brands.ts';
import type { Kept } from '../model/kept-records.ts';
import { resolveOutcome } from './send-change.ts';
import type { Tasks } from './tasks.ts';
import type { ChangePlan, OnceRequest, RememberedAnswers } from './types.ts';

export type AnswersOptions = {
  readonly kept: Pick<Kept, 'begun' | 'answer'>;
  readonly tasks: Pick<Tasks, 'begin' | 'find'>;
  readonly clock: Clock;
  readonly log: Log;
};

const longestKeyCharacters = 128;
const keptMs = 24 * 3_600_000;
/** Beyond either, the oldest are forgotten before their time. */
const mostAnswers = 10_000;
const mostCharacters = 64 * 1024 * 1024;

/** What is written when the work begins, and before anything is sent: a gateway that dies then knows it at its next start. */
type Begun = { readonly fingerprint: string; readonly tellsWhenSent: boolean; readonly plan: ChangePlan | null };

type Answer =
  | { readonly fingerprint: string; readonly value: unknown }
  | { readonly fingerprint: string; readonly failure: Failure };
type Failure = { readonly code: ErrorCode; readonly message: string; readonly detail: Omit<ErrorDetail, 'cause'> };

/**
 * Remembers what became of changes, by the key that the caller gave each, for a day: whoever does not know whether he was
 * heard asks again with the same key, and the host is asked once.
 */
export function createAnswers({ kept, tasks, clock, log }: AnswersOptions): RememberedAnswers {
  const underWay = new Map<string, { readonly fingerprint: string; readonly settled: Promise<void> }>();
  /** In the order of age. */
  const sizes = new Map<string, { readonly at: number; readonly characters: number }>();
  /** Those that could not be written down: they hold until the gateway ends. */
  const unkept = new Map<string, string>();
  let characters = 0;

  function logged(what: string, work: () => void) {
    try {
      work();
    } catch (error) {
      log.warn(errorFields(error), `${what} failed`);
    }
  }

  function forgetSize(key: string) {
    characters -= sizes.get(key)?.characters ?? 0;
    sizes.delete(key);
    unkept.delete(key);
  }

  function forget(keys: readonly string[]) {
    for (const key of keys) forgetSize(key);
    if (keys.length > 0) logged('Forgetting old answers', () => kept.answer.remove(keys));
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

  function remember(key: string, answer: Answer) {
    const text = JSON.stringify(answer);
    const at = clock.now();
    forgetSize(key);
    sizes.set(key, { at, characters: text.length });
    characters += text.length;
    unkept.set(key, text);
    logged('Keeping an answer', () => {
      kept.answer.put(key, at, text);
      unkept.delete(key);
    });
    forgetOld();
  }

  function recall(key: string): Answer | null {
    forgetOld();
    if (!sizes.has(key)) return null;
    // Written by `remember`, under a version and a checksum.
    return JSON.parse(unkept.get(key) ?? kept.answer.get(key) ?? 'null') as Answer | null;
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
      const begun: Begun = { fingerprint, tellsWhenSent, plan };
      logged('Keeping what is begun', () => kept.begun.put(key, clock.now(), JSON.stringify(begun)));
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
      if (isSent) logged('Forgetting what is over', () => kept.begun.remove([key]));
    }
  }

  function load() {
    for (const { key, at, characters: size } of kept.answer.entries()) {
      sizes.set(key, { at, characters: size });
      characters += size;
    }
    forgetOld();
    for (const { key } of kept.begun.entries()) settleBegun(key);
  }

  /** The gateway died over it: what was sent may have taken effect. */
  function settleBegun(key: string) {
    // Written by `first`, under a version and a checksum.
    const begun = JSON.parse(kept.begun.get(key) ?? 'null') as Begun | null;
    if (begun !== null) {
      const { fingerprint, plan } = begun;
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
  logged('Reading the kept answers', load);

  return {
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

function requireSame(known: { readonly fingerprint: string }, { fingerprint }: OnceRequest) {
  if (known.fingerprint === fingerprint) return;
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
