/** What one turn of the event loop cannot do for all, done for some at a time. */
export type Delivery = {
  /** Tells at most so many more. Returns whether there are others yet to be told. */
  tellSome(most: number): boolean;
};

/** Whose turn to be written to comes. */
export type Writer = { takeTurn(): void };

const sharedBytes = 64 * 1024;
/** So long it is written without letting others have the event loop: replies of hosts, and requests. */
const sliceMs = 5;
/** Between two looks at the time. */
const writesAtOnce = 16;

/**
 * Who is to be written to, in slices when there are very many, first come, first served. What many are told goes before
 * what is for one alone: who catches up keeps nobody else waiting.
 */
export class Desk {
  /** Those before the next have had their turn. */
  #deliveries: Delivery[] = [];
  #nextDelivery = 0;
  #writers: Writer[] = [];
  #nextWriter = 0;
  #isScheduled = false;
  /** In this turn of the event loop somebody has been written to. */
  #hasWritten = false;
  #written: PromiseWithResolvers<void> | null = null;
  /** What is written is put together here, as long as it leaves at once: most of it does. */
  #shared = Buffer.allocUnsafeSlow(sharedBytes);
  #view = this.#shared;

  deliver(delivery: Delivery): void {
    this.#deliveries.push(delivery);
    this.#schedule();
  }

  enqueue(writer: Writer): void {
    this.#writers.push(writer);
    this.#schedule();
  }

  /** `null`: nobody has waited longer than until this turn to be written to. Settles when all who do now have had it. */
  whenWritten(): Promise<void> | null {
    return this.#written?.promise ?? null;
  }

  /** The same, and those too whose first turn is yet to come. */
  allWritten(): Promise<void> | null {
    if (this.#isScheduled) this.#written ??= Promise.withResolvers();
    return this.whenWritten();
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
    let isOver = false;
    do isOver = !this.#writeSome();
    while (!isOver && performance.now() < until);
    if (!isOver) {
      this.#written ??= Promise.withResolvers();
      this.#schedule();
      return;
    }
    this.#deliveries = [];
    this.#nextDelivery = 0;
    this.#writers = [];
    this.#nextWriter = 0;
    this.#written?.resolve();
    this.#written = null;
  }

  /** Returns whether there are more. */
  #writeSome(): boolean {
    const delivery = this.#deliveries[this.#nextDelivery];
    if (delivery) {
      if (!delivery.tellSome(writesAtOnce)) this.#nextDelivery++;
    } else {
      const last = Math.min(this.#nextWriter + writesAtOnce, this.#writers.length);
      while (this.#nextWriter < last) this.#writers[this.#nextWriter++]?.takeTurn();
    }
    return this.#nextDelivery < this.#deliveries.length || this.#nextWriter < this.#writers.length;
  }
}
