/**
 * A stream that many may read as one. Each who subscribes begins with a feed of his own, at a place of his own; when two
 * have nothing left to tell but what is still to come, one of them does for both. Who cannot follow any more forks it.
 */
export type Feed<T> = AsyncIterableIterator<T> & {
  /** Settles a waiting `next()`. */
  return(): Promise<IteratorResult<T>>;
  /** A `next()` waits, and nothing is on its way to it yet. */
  readonly isWaiting: boolean;
  /**
   * Whether `edge`, a feed of the same question, tells from now on whatever this one would, of which both are waiting.
   * If so, this one is over.
   */
  mergeInto(edge: Feed<T>): boolean;
  /** Another one that goes on after what this one told last. To be called when that has been told, before the next `next()`. */
  fork(): Feed<T>;
};

/** The stream itself where it is a feed; otherwise as one that nobody shares. */
export function feedOf<T>(stream: AsyncIterator<T>): Feed<T> {
  return isFeed(stream) ? stream : unshared(stream);
}

function isFeed<T>(stream: AsyncIterator<T>): stream is Feed<T> {
  return 'mergeInto' in stream;
}

function unshared<T>(stream: AsyncIterator<T>): Feed<T> {
  const feed: Feed<T> = {
    next: () => stream.next(),
    async return() {
      await stream.return?.();
      return { value: undefined, done: true };
    },
    isWaiting: false,
    mergeInto: () => false,
    // It never waits, so nobody ever follows it.
    fork: () => feed,
    [Symbol.asyncIterator]: () => feed,
  };
  return feed;
}
