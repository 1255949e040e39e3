import type { Socket } from 'node:net';
import type { Clock } from '../../src/clock.ts';

/** What is wrong with one direction of a connection. */
export type LinkFaults = {
  /** Every byte arrives so much later. */
  readonly latencyMs?: number;
  /** And up to so much later still; order is kept. */
  readonly jitterMs?: number;
  /** Nothing goes on, and the sender is held up once the buffers are full. What waits goes on when this is taken back. */
  readonly stall?: boolean;
  /** Everything is taken and thrown away, the end too: a way that is half open. */
  readonly swallow?: boolean;
  /** No faster than so many bytes at a time. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number };
};

/** One direction of one connection: takes from a socket, gives to another, in order. */
export type Carrier = {
  setFaults(faults: LinkFaults): void;
  /** Calls `onCut` when so many more bytes have been given on, unless what it returns was called before. */
  cutAfter(bytes: number, onCut: () => void): () => void;
  /** Puts bytes behind those that wait. */
  insert(bytes: Buffer): void;
  /** It has thrown something away: nothing that follows could be understood, so nothing does. */
  readonly swallows: boolean;
  stop(): void;
};

export type CarrierOptions = {
  readonly from: Socket;
  readonly to: Socket;
  readonly faults: LinkFaults;
  readonly random: () => number;
  readonly clock: Clock;
};

type Parcel = { readonly bytes: Buffer; readonly dueAt: number };

/** More than this is left with the sender, who then feels it. */
const maxWaitingBytes = 64 * 1024;

export function createCarrier({ from, to, random, clock, ...options }: CarrierOptions): Carrier {
  let { faults } = options;
  let waiting: Parcel[] = [];
  let waitingBytes = 0;
  let lastDueAt = 0;
  let fromHasEnded = false;
  let hasLost = false;
  let isStopped = false;
  let cutting: { left: number; readonly onCut: () => void } | null = null;
  let cancelTimer: (() => void) | null = null;
  let nextDripAt = 0;
  let isBlocked = false;

  function take(bytes: Buffer) {
    if (hasLost || faults.swallow) {
      hasLost = true;
      return;
    }
    put(bytes);
    pump();
    if (waitingBytes > maxWaitingBytes) from.pause();
  }

  function put(bytes: Buffer) {
    const { latencyMs = 0, jitterMs = 0 } = faults;
    const delayMs = latencyMs + (jitterMs > 0 ? jitterMs * random() : 0);
    lastDueAt = Math.max(lastDueAt, clock.monotonic() + delayMs);
    waiting.push({ bytes, dueAt: lastDueAt });
    waitingBytes += bytes.length;
  }

  function pumpAt(time: number) {
    cancelTimer?.();
    cancelTimer = clock.after(Math.max(0, time - clock.monotonic()), () => {
      cancelTimer = null;
      pump();
    });
  }

  /** Gives on what is due, until something holds it up. */
  function pump() {
    while (!isStopped && !isBlocked && !faults.stall) {
      const [first] = waiting;
      if (first === undefined) break;
      const now = clock.monotonic();
      const dueAt = Math.max(first.dueAt, faults.drip ? nextDripAt : 0);
      if (dueAt > now) {
        pumpAt(dueAt);
        return;
      }
      const length = Math.min(
        first.bytes.length,
        faults.drip?.bytes ?? Number.POSITIVE_INFINITY,
        cutting?.left ?? Number.POSITIVE_INFINITY,
      );
      if (length === first.bytes.length) waiting.shift();
      else waiting[0] = { ...first, bytes: first.bytes.subarray(length) };
      waitingBytes -= length;
      if (faults.drip) nextDripAt = now + faults.drip.everyMs;
      give(first.bytes.subarray(0, length));
    }
    if (waitingBytes <= maxWaitingBytes && from.isPaused()) from.resume();
    if (fromHasEnded && waiting.length === 0 && !faults.stall && !hasLost && !isStopped) to.end();
  }

  function give(bytes: Buffer) {
    if (cutting !== null) cutting.left -= bytes.length;
    const isLast = cutting !== null && cutting.left <= 0;
    const onCut = cutting?.onCut;
    if (to.writable) {
      // A reset throws away what the kernel has not sent, so the end waits for the last byte.
      isBlocked = !to.write(bytes, () => isLast && onCut?.());
    } else if (isLast) {
      onCut?.();
    }
    if (isLast) isStopped = true;
  }

  to.on('drain', () => {
    isBlocked = false;
    pump();
  });
  from.on('data', take);
  from.on('end', () => {
    fromHasEnded = true;
    if (faults.swallow) hasLost = true;
    else pump();
  });

  return {
    setFaults(next) {
      faults = next;
      pump();
    },
    cutAfter(bytes, onCut) {
      const planned = { left: bytes, onCut };
      cutting = planned;
      return () => {
        if (cutting === planned) cutting = null;
      };
    },
    insert(bytes) {
      put(bytes);
      pump();
    },
    get swallows() {
      return hasLost || faults.swallow === true;
    },
    stop() {
      isStopped = true;
      waiting = [];
      cancelTimer?.();
    },
  };
}
