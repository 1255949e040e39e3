import type { Clock } from '../../clock.ts';
import type { SessionNews } from '../hosts/session-news.ts';

/** What happened, and when, in milliseconds since 1970. */
export type Happened = { readonly news: SessionNews; readonly observedAt: number };

/**
 * What has happened and is told to nobody yet. Where entries are kept, those of a few milliseconds are committed together:
 * a transaction costs as much for one as for many.
 */
export type JournalIntake = {
  readonly add: (news: SessionNews) => void;
  /** Commits all that waits, and leaves its telling to the next turn. */
  readonly commitAll: () => void;
  /** Commits and tells what waits. */
  readonly close: () => void;
};

export type JournalIntakeOptions = {
  readonly clock: Clock;
  /** See `JournalLimits`. */
  readonly togetherMs: number;
  /** Commits go to disk. Otherwise nothing waits, unless something does already. */
  readonly isKept: () => boolean;
  readonly commit: (batch: readonly Happened[]) => void;
  /** Tells readers of what has been committed. */
  readonly tell: () => void;
};

/** What one commit may take of a tick, so that nothing else waits long for it. */
const mostAtOnce = 256;

export function createJournalIntake({ clock, togetherMs, isKept, commit, tell }: JournalIntakeOptions): JournalIntake {
  let pending: Happened[] = [];
  let cancelFlush: (() => void) | null = null;
  let flushedAt = Number.NEGATIVE_INFINITY;

  /** Of the oldest first. */
  function take(count: number) {
    const batch = pending.slice(0, count);
    pending = pending.slice(count);
    commit(batch);
  }

  function flushSoon() {
    if (cancelFlush !== null) return;
    const isOneOfMany = pending.length <= mostAtOnce && clock.monotonic() - flushedAt < togetherMs;
    if (isOneOfMany) {
      cancelFlush = clock.after(togetherMs, flush);
      return;
    }
    // Behind all that this turn's news brings with it, and before what the next thing to happen does.
    let isCancelled = false;
    process.nextTick(() => void (isCancelled || flush()));
    cancelFlush = () => {
      isCancelled = true;
    };
  }

  function flush() {
    cancelFlush = null;
    take(mostAtOnce);
    flushedAt = clock.monotonic();
    if (pending.length > 0) flushSoon();
    tell();
  }

  return {
    add(news) {
      pending.push({ news, observedAt: clock.now() });
      if (isKept() || cancelFlush !== null) {
        flushSoon();
        return;
      }
      take(pending.length);
      tell();
    },
    commitAll() {
      if (pending.length === 0) return;
      take(pending.length);
      flushSoon();
    },
    close() {
      cancelFlush?.();
      take(pending.length);
      tell();
    },
  };
}
