import type { CallPriority } from '../../drivers/driver.ts';
import type { DomainStatus } from '../../model/domain.ts';
import type { ChangeOrigin } from '../objects.ts';

/** What a read is for: which origin its change is told with, and whether somebody is waiting for it. */
export type ReadReason = {
  readonly origin: ChangeOrigin;
  readonly priority: CallPriority;
  /** What a list just said of it; what is asked for after the list was made is read whole. */
  readonly listed?: DomainStatus;
};
/** `error: null`: it was read, or found to be gone. */
export type ReadResult = { readonly error: unknown };

/**
 * Reads of objects by key, one at a time for each object. Whoever asks while a read is under way gets the *next* one,
 * shared with all who ask meanwhile: so a burst of hints costs two reads, and nobody is answered with what was true
 * before he asked.
 */
export type ObjectReads<Key> = {
  /** Never rejects. The read begins after this call. */
  request(key: Key, reason: ReadReason): Promise<ReadResult>;
  /**
   * Starts to note which objects are read, and those that are being read already: what a list says of one of these may be
   * older than what was read. Ends with `stop()`.
   */
  watch(): { readonly has: (key: Key) => boolean; readonly stop: () => void };
};

export type ObjectReadsOptions<Key> = {
  /** Reads and stores. Rejects when it could not. */
  readonly read: (key: Key, reason: ReadReason) => Promise<void>;
  /** How many may be out at once: those somebody waits for, and those of the background. */
  readonly urgentLimit: number;
  readonly backgroundLimit: number;
};

type Waiting = {
  reason: ReadReason;
  readonly promise: Promise<ReadResult>;
  readonly settle: (result: ReadResult) => void;
};
type Slot<Key> = { readonly key: Key; running: boolean; next: Waiting | null };

export function createObjectReads<Key>(options: ObjectReadsOptions<Key>): ObjectReads<Key> {
  // The queues hold each object once, so that the number of objects bounds them.
  const slots = new Map<Key, Slot<Key>>();
  const urgent = new Set<Slot<Key>>();
  const background = new Set<Slot<Key>>();
  const watches = new Set<Set<Key>>();
  let urgentOut = 0;
  let backgroundOut = 0;

  function enqueue(slot: Slot<Key>, reason: ReadReason) {
    if (reason.priority === 'background') background.add(slot);
    else {
      background.delete(slot);
      urgent.add(slot);
    }
  }

  function startNext() {
    while (urgent.size > 0 && urgentOut < options.urgentLimit) {
      urgentOut++;
      start(takeFirst(urgent), () => urgentOut--);
    }
    while (background.size > 0 && backgroundOut < options.backgroundLimit) {
      backgroundOut++;
      start(takeFirst(background), () => backgroundOut--);
    }
  }

  function start(slot: Slot<Key>, done: () => void) {
    const waiting = slot.next;
    // Queued slots always have somebody waiting: only this function takes them, and only off the queue.
    if (waiting === null) throw new Error('An object was queued for a read that nobody asked for.');
    slot.next = null;
    slot.running = true;
    const finish = (error: unknown) => {
      slot.running = false;
      done();
      if (slot.next === null) slots.delete(slot.key);
      else enqueue(slot, slot.next.reason);
      waiting.settle({ error });
      startNext();
    };
    options.read(slot.key, waiting.reason).then(() => finish(null), finish);
  }

  return {
    request(key, reason) {
      for (const watched of watches) watched.add(key);
      let slot = slots.get(key);
      if (!slot) {
        slot = { key, running: false, next: null };
        slots.set(key, slot);
      }
      if (slot.next === null) {
        const { promise, resolve } = Promise.withResolvers<ReadResult>();
        slot.next = { reason, promise, settle: resolve };
      } else {
        slot.next.reason = mergeReasons(slot.next.reason, reason);
      }
      const { promise } = slot.next;
      if (!slot.running) {
        enqueue(slot, slot.next.reason);
        startNext();
      }
      return promise;
    },
    watch() {
      const watched = new Set(slots.keys());
      watches.add(watched);
      return { has: (key) => watched.has(key), stop: () => void watches.delete(watched) };
    },
  };
}

/** One read for both: as urgent as the more urgent one, and whole unless both have the same line of a list. */
function mergeReasons(queued: ReadReason, added: ReadReason): ReadReason {
  const { origin, priority } = isMoreUrgent(added, queued) ? added : queued;
  const isOneList = queued.listed !== undefined && queued.listed === added.listed;
  return { origin, priority, ...(isOneList && { listed: queued.listed }) };
}

function isMoreUrgent(a: ReadReason, b: ReadReason): boolean {
  return a.priority !== 'background' && (b.priority === 'background' || b.origin !== a.origin);
}

function takeFirst<T>(queue: Set<T>): T {
  for (const first of queue) {
    queue.delete(first);
    return first;
  }
  throw new Error('The queue of reads is empty.');
}
