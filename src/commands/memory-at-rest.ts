import { setFlagsFromString } from 'node:v8';
import { type Clock, systemClock } from '../clock.ts';

/** What is looked at of this process, and what V8 is told. */
export type HeapOwner = {
  /** Used until now, in milliseconds. */
  cpuMs(): number;
  residentBytes(): number;
  heapBytes(): number;
  favourMemory(isFavoured: boolean): void;
};

const lookEveryMs = 10_000;
/** Of one core. A thousand idle hosts and a few dashboards take less. */
const restsBelow = 0.05;
/** More than collecting takes. */
const busyFrom = 0.2;
const looksAtRest = 3;
/** So much more than the last time is worth it. */
const worthBytes = 32 * 1024 * 1024;
/** V8 looks every eight seconds whether to begin. */
const looksOfFavour = 2;
/**
 * Marking goes on beside the work, but what moves, moves in one turn: about a millisecond a megabyte, or two or three on a
 * busy machine. Of a larger heap, what could be given back is a smaller part.
 */
const maxHeapBytes = 192 * 1024 * 1024;

/**
 * Has V8 give back what a busy time took, once it is over: 120 MB after six hundred hosts were connected to. Young objects
 * had it, and V8 keeps their pages until it collects garbage to save memory. It would by itself while little is allocated;
 * but every look of its at a gateway at rest was seen to find that it is much, for minutes (Node 24,
 * `--trace-memory-reducer`). Told that memory matters, it begins when it looks next.
 *
 * @returns ends it
 */
export function giveBackAtRest(clock: Clock = systemClock, heap: HeapOwner = thisProcess): () => void {
  let leastBytes = 0;
  let quietLooks = 0;
  let favourLooks = 0;
  let cpuMs = heap.cpuMs();
  let lookedAt = clock.monotonic();
  let cancel = clock.after(lookEveryMs, look);

  function look() {
    const [cpuBefore, lookedBefore] = [cpuMs, lookedAt];
    cpuMs = heap.cpuMs();
    lookedAt = clock.monotonic();
    const load = (cpuMs - cpuBefore) / (lookedAt - lookedBefore);
    // Its own collecting is no work.
    if (favourLooks > 0) endFavour(load);
    else judge(load);
    cancel = clock.after(lookEveryMs, look);
  }

  function judge(load: number) {
    quietLooks = load < restsBelow ? quietLooks + 1 : 0;
    if (quietLooks < looksAtRest || heap.residentBytes() < leastBytes + worthBytes) return;
    if (heap.heapBytes() > maxHeapBytes) return;
    favourLooks = looksOfFavour;
    heap.favourMemory(true);
  }

  function endFavour(load: number) {
    const isInterrupted = load >= busyFrom;
    favourLooks = isInterrupted ? 0 : favourLooks - 1;
    if (favourLooks > 0) return;
    heap.favourMemory(false);
    quietLooks = 0;
    if (!isInterrupted) leastBytes = heap.residentBytes();
  }

  return () => {
    cancel();
    if (favourLooks > 0) heap.favourMemory(false);
    favourLooks = 0;
  };
}

const thisProcess: HeapOwner = {
  cpuMs() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  residentBytes: () => process.memoryUsage.rss(),
  heapBytes: () => process.memoryUsage().heapUsed,
  // V8 reads it whenever it decides whether to save memory. Nothing else that it says lasts longer than that.
  favourMemory: (isFavoured) => setFlagsFromString(isFavoured ? '--optimize-for-size' : '--no-optimize-for-size'),
};
