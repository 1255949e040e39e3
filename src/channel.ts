/**
 * A bounded queue between one who pushes and one who reads.
 *
 * Written by hand because an async generator parked in an `await` cannot be told to stop:
 * here `return()` settles the waiting `next()` at once.
 */
export type Channel<T> = AsyncIterableIterator<T> & {
  /** False when the queue is full or the channel is over; `onFull` has then been called. */
  push(value: T): boolean;
  /** Readers get what is queued, then the end. */
  end(): void;
  /** Readers get what is queued, then `reason` once, then the end. */
  fail(reason: unknown): void;
  readonly size: number;
  readonly ended: boolean;
};

export type ChannelOptions = {
  /** How many values may wait. */
  readonly capacity: number;
  /** Called when a value was refused because `capacity` is reached. What then: the caller's decision. */
  readonly onFull?: () => void;
  /** Called once, when the reader has gone or the last value was read after the end. */
  readonly onClose?: () => void;
};

export function createChannel<T>(options: ChannelOptions): Channel<T> {
  const queue: T[] = [];
  let waiting: { resolve: (result: IteratorResult<T>) => void; reject: (reason: unknown) => void } | null = null;
  let state: 'open' | 'ending' | 'failing' | 'closed' = 'open';
  let failure: unknown;

  function close() {
    if (state === 'closed') return;
    state = 'closed';
    queue.length = 0;
    options.onClose?.();
  }

  function settleWaiting() {
    if (!waiting || queue.length > 0) return;
    const { resolve, reject } = waiting;
    waiting = null;
    const failed = state === 'failing';
    close();
    if (failed) reject(failure);
    else resolve({ value: undefined, done: true });
  }

  return {
    push(value) {
      if (state !== 'open') return false;
      if (waiting) {
        const { resolve } = waiting;
        waiting = null;
        resolve({ value, done: false });
        return true;
      }
      if (queue.length >= options.capacity) {
        options.onFull?.();
        return false;
      }
      queue.push(value);
      return true;
    },
    end() {
      if (state !== 'open') return;
      state = 'ending';
      settleWaiting();
    },
    fail(reason) {
      if (state !== 'open') return;
      state = 'failing';
      failure = reason;
      settleWaiting();
    },
    get size() {
      return queue.length;
    },
    get ended() {
      return state !== 'open';
    },
    next() {
      const value = queue.shift();
      if (value !== undefined) return Promise.resolve({ value, done: false });
      if (state === 'closed') return Promise.resolve({ value: undefined, done: true });
      if (waiting) return Promise.reject(new Error('A channel has one reader, which asks for one value at a time.'));
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        if (state !== 'open') settleWaiting();
      });
    },
    return() {
      if (state === 'open') state = 'ending';
      queue.length = 0;
      settleWaiting();
      close();
      return Promise.resolve({ value: undefined, done: true });
    },
    throw(reason) {
      queue.length = 0;
      settleWaiting();
      close();
      return Promise.reject(reason);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
