/**
 * How many SSH handshakes may run at once: behind one bastion all hosts share one sshd, whose `MaxStartups`
 * (10:30:100 by default) starts to refuse strangers at ten.
 */
export type HandshakeLimiter = {
  /** Runs `work` when both limits allow it, first come first served among those that may start. */
  run<T>(
    firstHop: string,
    work: (turn: HandshakeTurn) => Promise<T>,
    options: { readonly signal: AbortSignal },
  ): Promise<T>;
  readonly running: number;
  readonly waiting: number;
};

export type HandshakeTurn = {
  /**
   * Waits for something that costs nothing here, such as an address that may never answer: meanwhile others of other
   * hops may start, and afterwards this one goes on as soon as there is room. Dead hosts hold up nobody that way.
   * What it has waited for goes to `discard` where nobody waits for the room any more.
   */
  outside<T>(wait: () => Promise<T>, discard: (unused: T) => void): Promise<T>;
};

/** `firstHop: null`: it has its hop's place already. */
type Waiting = { readonly firstHop: string | null; readonly start: () => void };

/**
 * @param limits `perFirstHop`: handshakes at once with or through the same first hop. `total`: with all of them.
 */
export function createHandshakeLimiter(
  limits: { readonly perFirstHop?: number; readonly total?: number } = {},
): HandshakeLimiter {
  const { perFirstHop = 6, total = 16 } = limits;
  const runningByHop = new Map<string, number>();
  // Bounded by the number of hosts: a host asks for its next handshake when its last one has ended.
  const queue: Waiting[] = [];
  let running = 0;

  const mayStart = (firstHop: string | null) =>
    running < total && (firstHop === null || (runningByHop.get(firstHop) ?? 0) < perFirstHop);

  function take(firstHop: string | null) {
    running += 1;
    if (firstHop !== null) runningByHop.set(firstHop, (runningByHop.get(firstHop) ?? 0) + 1);
  }

  function release(firstHop: string) {
    const left = (runningByHop.get(firstHop) ?? 0) - 1;
    if (left > 0) runningByHop.set(firstHop, left);
    else runningByHop.delete(firstHop);
    startNext();
  }

  // One whose hop is full does not hold up those behind it that go elsewhere.
  function startNext() {
    for (let index = 0; index < queue.length && running < total; ) {
      const next = queue[index];
      if (next && mayStart(next.firstHop)) {
        queue.splice(index, 1);
        take(next.firstHop);
        next.start();
      } else {
        index += 1;
      }
    }
  }

  function acquire(firstHop: string | null, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        queue.splice(queue.indexOf(entry), 1);
        reject(signal.reason);
      };
      const entry: Waiting = {
        firstHop,
        start() {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      // Who was running already goes before those who have not begun.
      if (firstHop === null) queue.unshift(entry);
      else queue.push(entry);
      startNext();
    });
  }

  return {
    async run(firstHop, work, { signal }) {
      await acquire(firstHop, signal);
      let isRunning = true;
      const outside = async <R>(wait: () => Promise<R>, discard: (unused: R) => void): Promise<R> => {
        running -= 1;
        isRunning = false;
        startNext();
        const result = await wait();
        try {
          await acquire(null, signal);
        } catch (error) {
          discard(result);
          throw error;
        }
        isRunning = true;
        return result;
      };
      try {
        return await work({ outside });
      } finally {
        if (isRunning) running -= 1;
        release(firstHop);
      }
    },
    get running() {
      return running;
    },
    get waiting() {
      return queue.length;
    },
  };
}
