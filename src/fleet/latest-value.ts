/** A stream of which only the newest value is worth reading: one that nobody has taken is replaced by the next. */
export type LatestValue<T> = {
  put(value: T): void;
  /** What nobody has taken yet is still handed out, then the end. */
  end(): void;
  /** A `next()` waits: there is nothing unread. */
  readonly isAwaited: boolean;
  readonly iterator: AsyncIterableIterator<T> & { return(): Promise<IteratorResult<T>> };
};

/** `return()` settles a waiting `next()`, and calls `onClose` once. */
export function createLatestValue<T>(onClose: () => void): LatestValue<T> {
  const end: IteratorResult<T> = { value: undefined, done: true };
  let unread: { readonly value: T } | null = null;
  let waiting: ((result: IteratorResult<T>) => void) | null = null;
  let over = false;
  let ending = false;

  const iterator: LatestValue<T>['iterator'] = {
    next() {
      if (over) return Promise.resolve(end);
      if (unread !== null) {
        const { value } = unread;
        unread = null;
        return Promise.resolve({ value, done: false });
      }
      if (ending) return iterator.return();
      if (waiting !== null) return Promise.reject(new Error('This stream is asked for one value at a time.'));
      const { promise, resolve } = Promise.withResolvers<IteratorResult<T>>();
      waiting = resolve;
      return promise;
    },
    return() {
      if (over) return Promise.resolve(end);
      over = true;
      unread = null;
      waiting?.(end);
      waiting = null;
      onClose();
      return Promise.resolve(end);
    },
    throw(reason) {
      void iterator.return();
      return Promise.reject(reason);
    },
    [Symbol.asyncIterator]() {
      return iterator;
    },
  };
  return {
    iterator,
    get isAwaited() {
      return waiting !== null;
    },
    end() {
      if (over) return;
      ending = true;
      if (waiting !== null) void iterator.return();
    },
    put(value) {
      if (over || ending) return;
      if (waiting === null) {
        unread = { value };
        return;
      }
      const resolve = waiting;
      waiting = null;
      resolve({ value, done: false });
    },
  };
}
