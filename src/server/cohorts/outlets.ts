import type { Framing } from './framing.ts';

/**
 * Whether bytes have left; are kept by whoever is to send them; or are kept where there is no room for more, until
 * `drained()` is called.
 */
export type Written = 'GONE' | 'KEPT' | 'FULL';

export type Outlets = {
  open(framing: Framing, write: (pieces: readonly Buffer[]) => Written): Outlet;
  /** `null`: nobody waits for his turn to be written to. Settles when all who do now have had it. */
  whenWritten(): Promise<void> | null;
};

/** Of bytes that wait for the end of a turn; who has more, and not in one message, gets no more before they are written. */
const mostWaiting = 64 * 1024;
const sharedBytes = 64 * 1024;
/** Of one message: to copy it costs more than to write it in pieces. */
const longBytes = 16 * 1024;
/** So long it is written without letting others have the event loop: replies of hosts, and requests. */
const sliceMs = 5;
/** Between two looks at the time. */
const writesAtOnce = 16;

/**
 * One write for each client and turn, however many answers it is. When there are very many clients, they are written to
 * in slices, first come, first served.
 */
export function createOutlets(): Outlets {
  const desk = new Desk();
  return {
    open: (framing, write) => new Outlet(desk, framing, write),
    whenWritten: () => desk.whenWritten(),
  };
}

/** Those whose turn to be written to comes. */
class Desk {
  /** Those before `#next` have had it. */
  #queue: Outlet[] = [];
  #next = 0;
  #isScheduled = false;
  /** In this turn of the event loop somebody has been written to. */
  #hasWritten = false;
  #written: PromiseWithResolvers<void> | null = null;
  /** What is written is put together here, as long as it leaves at once: most of it does. */
  #shared = Buffer.allocUnsafeSlow(sharedBytes);
  #view = this.#shared;

  enqueue(outlet: Outlet): void {
    this.#queue.push(outlet);
    this.#schedule();
  }

  whenWritten(): Promise<void> | null {
    return this.#written?.promise ?? null;
  }

  /** So many bytes, until the next call. Most messages of one answer are of one length, and so are written from one view. */
  borrow(size: number): Buffer {
    if (size > sharedBytes) return Buffer.allocUnsafe(size);
    if (size !== this.#view.length) this.#view = this.#shared.subarray(0, size);
    return this.#view;
  }

  /** What was borrowed does not come back. */
  replace(): void {
    this.#shared = Buffer.allocUnsafeSlow(sharedBytes);
    this.#view = this.#shared;
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const writeSlice = () => this.#writeSlice();
    // What comes first in a turn of the event loop does not wait for its end: a host's next reply may be long.
    if (this.#hasWritten) setImmediate(writeSlice);
    else process.nextTick(writeSlice);
  }

  #noteWriting() {
    if (this.#hasWritten) return;
    this.#hasWritten = true;
    setImmediate(() => {
      this.#hasWritten = false;
    });
  }

  #writeSlice() {
    this.#isScheduled = false;
    this.#noteWriting();
    const until = performance.now() + sliceMs;
    do {
      const last = Math.min(this.#next + writesAtOnce, this.#queue.length);
      while (this.#next < last) this.#queue[this.#next++]?.takeTurn();
    } while (this.#next < this.#queue.length && performance.now() < until);
    if (this.#next < this.#queue.length) {
      this.#written ??= Promise.withResolvers();
      this.#schedule();
      return;
    }
    this.#queue = [];
    this.#next = 0;
    this.#written?.resolve();
    this.#written = null;
  }
}

/** The way to one client: a socket, or the response that an event stream is. */
export class Outlet {
  readonly #desk: Desk;
  readonly #framing: Framing;
  readonly #write: (pieces: readonly Buffer[]) => Written;
  /** The first message that waits; mostly there is no other. */
  #prefix = '';
  #body: Buffer | null = null;
  /** Those after it, by turns a prefix and a body. */
  #more: (string | Buffer)[] | null = null;
  #waitingBytes = 0;
  #isQueued = false;
  #isBlocked = false;
  #isClosed = false;
  /** It kept what it was given last. */
  #keeps = false;
  #roomWanted: (() => void)[] | null = null;

  constructor(desk: Desk, framing: Framing, write: (pieces: readonly Buffer[]) => Written) {
    this.#desk = desk;
    this.#framing = framing;
    this.#write = write;
  }

  /** To be written with whatever else comes in this turn of the event loop. */
  push(prefix: string, body: Buffer): void {
    if (this.#isClosed) return;
    if (this.#body === null) {
      this.#prefix = prefix;
      this.#body = body;
    } else {
      this.#more ??= [];
      this.#more.push(prefix, body);
    }
    this.#waitingBytes += this.#framing.size(prefix, body);
    if (this.#isQueued || this.#isBlocked) return;
    this.#isQueued = true;
    this.#desk.enqueue(this);
  }

  get hasRoom(): boolean {
    if (this.#isClosed) return true;
    return !this.#isBlocked && (this.#waitingBytes < mostWaiting || this.#more === null);
  }

  /** Settles when there is room, or it is closed. */
  room(): Promise<void> {
    // Whoever waits has more to say, and need not wait for the end of the turn with it.
    if (!this.hasRoom && !this.#isBlocked) this.flush();
    if (this.hasRoom) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#roomWanted ??= [];
    this.#roomWanted.push(resolve);
    return promise;
  }

  /** Writes now what is waiting, before something that does not pass through here. */
  flush(): void {
    if (this.#body === null || this.#isClosed) return;
    if (this.#more === null && this.#body.length >= longBytes) {
      const pieces = this.#framing.pieces(this.#prefix, this.#body);
      this.#forget();
      this.#writeNow(pieces);
      return;
    }
    const isBorrowed = !this.#keeps;
    const bytes = isBorrowed ? this.#desk.borrow(this.#waitingBytes) : Buffer.allocUnsafe(this.#waitingBytes);
    let end = this.#framing.write(bytes, 0, this.#prefix, this.#body);
    for (let index = 0; this.#more !== null && index < this.#more.length; index += 2) {
      // Put in so by `push`.
      end = this.#framing.write(bytes, end, this.#more[index] as string, this.#more[index + 1] as Buffer);
    }
    this.#forget();
    this.#writeNow([bytes]);
    if (isBorrowed && this.#keeps) this.#desk.replace();
  }

  #writeNow(pieces: readonly Buffer[]) {
    const written = this.#write(pieces);
    this.#keeps = written !== 'GONE';
    if (written === 'FULL') this.#isBlocked = true;
    this.#tellOfRoom();
  }

  /** Its turn has come. */
  takeTurn(): void {
    this.#isQueued = false;
    // Behind what could not leave, more would only pile up where nobody counts it.
    if (!this.#isBlocked) this.flush();
  }

  /** What the client had to wait for has left. */
  drained(): void {
    this.#isBlocked = false;
    this.flush();
    this.#tellOfRoom();
  }

  /** Takes nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#forget();
    this.#tellOfRoom();
  }

  #forget() {
    this.#body = null;
    this.#more = null;
    this.#waitingBytes = 0;
  }

  #tellOfRoom() {
    if (this.#roomWanted === null || !this.hasRoom) return;
    const told = this.#roomWanted;
    this.#roomWanted = null;
    for (const settle of told) settle();
  }
}
