import type { Clock } from '../../clock.ts';
import { type Delivery, Desk } from './desk.ts';
import type { Framing } from './framing.ts';

/**
 * Whether bytes have left; are kept by whoever is to send them; or are kept where there is no room for more, until
 * `drained()` is called.
 */
export type Written = 'GONE' | 'KEPT' | 'FULL';

/** Where an outlet leads to. */
export type Sink = {
  /** Whole frames. Of bytes that are gone, the buffer is used again. */
  write(bytes: Buffer): Written;
  /** One frame in pieces, none of which is used again. */
  writePieces(pieces: readonly Buffer[]): Written;
};

export type Outlets = {
  open(framing: Framing, sink: Sink): Outlet;
  /** Begins when what is being done now is done, or in the next turn of the event loop. */
  deliver(delivery: Delivery): void;
  /** `null`: nobody waits for his turn to be written to, but who is patient. Settles when all who do now have had it. */
  whenWritten(): Promise<void> | null;
  /** Settles when all have been written to who are to be in the turn that comes. */
  allWritten(): Promise<void> | null;
};

/** Of bytes that wait for the end of a turn; who has more, and not in one message, gets no more before they are written. */
export const mostWaiting = 64 * 1024;
/** Of one message: to copy it costs more than to write it in pieces. */
const longBytes = 16 * 1024;

/** One write for each client and turn, however many answers it is. */
export function createOutlets(clock: Pick<Clock, 'monotonic'>): Outlets {
  const desk = new Desk(clock);
  return {
    open: (framing, sink) => new Outlet(desk, framing, sink),
    deliver: (delivery) => desk.deliver(delivery),
    whenWritten: () => desk.whenWritten(),
    allWritten: () => desk.allWritten(),
  };
}

/** The way to one client: a socket, or the response that an event stream is. */
export class Outlet {
  readonly #desk: Desk;
  readonly #framing: Framing;
  readonly #sink: Sink;
  /** Subscriptions whose answers go this way. */
  #subscriptions = 0;
  #isQueued = false;
  #isBlocked = false;
  #isClosed = false;
  /** The sink kept what it was given last. */
  #keeps = false;
  /** The first message that waits; mostly there is no other. */
  #prefix = '';
  #body: Buffer | null = null;
  /** Those after it, by turns a prefix and a body. */
  #more: (string | Buffer)[] | null = null;
  #waitingBytes = 0;
  #roomWanted: (() => void)[] | null = null;

  constructor(desk: Desk, framing: Framing, sink: Sink) {
    this.#desk = desk;
    this.#framing = framing;
    this.#sink = sink;
  }

  /** One subscription more. */
  enter(): void {
    this.#subscriptions++;
  }

  leave(): void {
    this.#subscriptions--;
  }

  /**
   * What one subscription is told in this turn of the event loop, all of it. It is written at once where there is nothing
   * else that it could be written with: thousands of clients are each looked at only once.
   */
  tell(prefix: string, answers: readonly Buffer[]): void {
    if (this.#isClosed) return;
    if (this.#subscriptions > 1 || this.#body !== null || this.#isBlocked) {
      for (const answer of answers) this.push(prefix, answer);
      return;
    }
    const [first] = answers;
    if (first && answers.length === 1 && first.length >= longBytes) {
      this.#wrote(this.#sink.writePieces(this.#framing.pieces(prefix, first)));
      return;
    }
    let size = 0;
    for (const answer of answers) size += this.#framing.size(prefix, answer);
    const bytes = this.#bytes(size);
    let end = 0;
    for (const answer of answers) end = this.#framing.write(bytes, end, prefix, answer);
    this.#write(bytes);
  }

  /** To be written with whatever else comes in this turn of the event loop; what is `patient`, behind what is for others. */
  push(prefix: string, body: Buffer, isPatient = false): void {
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
    this.#desk.enqueue(this, isPatient);
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
      this.#wrote(this.#sink.writePieces(pieces));
      return;
    }
    const bytes = this.#bytes(this.#waitingBytes);
    let end = this.#framing.write(bytes, 0, this.#prefix, this.#body);
    for (let index = 0; this.#more !== null && index < this.#more.length; index += 2) {
      // Put in so by `push`.
      end = this.#framing.write(bytes, end, this.#more[index] as string, this.#more[index + 1] as Buffer);
    }
    this.#forget();
    this.#write(bytes);
  }

  /** So many that nobody else holds. */
  #bytes(size: number): Buffer {
    return this.#keeps ? Buffer.allocUnsafe(size) : this.#desk.borrow(size);
  }

  /** Those of `#bytes`. */
  #write(bytes: Buffer) {
    const isBorrowed = !this.#keeps;
    this.#wrote(this.#sink.write(bytes));
    if (isBorrowed && this.#keeps) this.#desk.replace();
  }

  #wrote(written: Written) {
    this.#keeps = written !== 'GONE';
    if (written === 'FULL') this.#isBlocked = true;
    if (this.#roomWanted !== null) this.#tellOfRoom();
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
