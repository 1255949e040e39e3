import { VirtgraphError } from '../errors.ts';
import type { AnswerWait } from '../fleet/hosts/host-work.ts';
import type { Context } from './context.ts';

const mostSeconds = 3_600;

/** @throws BAD_USER_INPUT for a time that nobody waits */
export function answerWait(
  { signal }: Pick<Context, 'signal'>,
  { answerWithinSeconds: seconds }: { readonly answerWithinSeconds?: number | null },
): AnswerWait {
  if (typeof seconds !== 'number') return { withinMs: null, signal };
  if (seconds >= 0 && seconds <= mostSeconds) return { withinMs: seconds * 1_000, signal };
  throw new VirtgraphError(
    'BAD_USER_INPUT',
    `Expected in \`answerWithinSeconds\` 0 to ${mostSeconds} seconds, saw ${seconds}.`,
    { outcome: 'NOT_SENT' },
  );
}
