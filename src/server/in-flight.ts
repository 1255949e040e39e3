/** Answers under way, whoever asked and whether he still listens: a change that was begun is to be finished. */
export type InFlight = {
  track<T>(work: Promise<T>): Promise<T>;
  readonly size: number;
  /** Settles when none is left, or `patience` is aborted. */
  finished(patience: AbortSignal): Promise<void>;
};

export function createInFlight(): InFlight {
  let size = 0;
  let waiting: (() => void)[] = [];

  function leave() {
    size--;
    if (size > 0) return;
    for (const settle of waiting.splice(0)) settle();
  }

  return {
    track(work) {
      size++;
      work.then(leave, leave);
      return work;
    },
    get size() {
      return size;
    },
    finished(patience) {
      if (size === 0 || patience.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const settle = () => {
          patience.removeEventListener('abort', settle);
          waiting = waiting.filter((other) => other !== settle);
          resolve();
        };
        patience.addEventListener('abort', settle);
        waiting.push(settle);
      });
    },
  };
}
