import type { Clock } from '../../clock.ts';

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
/** Of that, for those who can wait. */
const patientMs = 2;
/** Between two looks at the time. */
const writesAtOnce = 16;

/**
 * Who is to be written to, in slices when there are very many, first come, first served. What many are told goes first,
 * and who catches up comes last: he keeps nobody else waiting.
 */
export class Desk {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #deliveries = new Queue<Delivery>();
  readonly #writers = new Queue<Writer>();
  readonly #patient = new Queue<Writer>();
  #isScheduled = false;
  /** In this turn of the event loop somebody has been written to. */
  #hasWritten = false;
  #written: PromiseWithResolvers<void> | null = null;
  /** What is written is put together here, as long as it leaves at once: most of it does. */
  #shared = Buffer.allocUnsafeSlow(sharedBytes);
  #view = this.#shared;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  deliver(delivery: Delivery): void {
    this.#deliveries.push(delivery);
    this.#schedule();
  }

  enqueue(writer: Writer, isPatient: boolean): void {
    (isPatient ? this.#patient : this.#writers).push(writer);
    this.#schedule();
  }

  /**
   * `null`: nobody has waited longer than until this turn to be written to, but for the patient. Settles when all who do
   * now have had their turn.
   */
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
    const since = this.#clock.monotonic();
    const tookMs = () => this.#clock.monotonic() - since;
    while (this.#writeSome() && tookMs() < sliceMs);
    const isBehind = !this.#deliveries.isEmpty || !this.#writers.isEmpty;
    if (isBehind) this.#written ??= Promise.withResolvers();
    else {
      this.#written?.resolve();
      this.#written = null;
    }
    // A few of them in any case, or those before them could keep them out.
    do takeTurns(this.#patient);
    while (!this.#patient.isEmpty && tookMs() < patientMs);
    if (isBehind || !this.#patient.isEmpty) this.#schedule();
  }

  /** Returns whether there are more. */
  #writeSome(): boolean {
    const delivery = this.#deliveries.first;
    if (!delivery) takeTurns(this.#writers);
    else if (!delivery.tellSome(writesAtOnce)) this.#deliveries.shift();
    return !this.#deliveries.isEmpty || !this.#writers.isEmpty;
  }
}

function takeTurns(writers: Queue<Writer>) {
  for (let turn = 0; turn < writesAtOnce; turn++) writers.shift()?.takeTurn();
}

/** Short ways for long queues: `Array.shift` moves all that is left. */
class Queue<T> {
  #all: T[] = [];
  #next = 0;

  get isEmpty(): boolean {
    return this.#next === this.#all.length;
  }

  get first(): T | undefined {
    return this.#all[this.#next];
  }

  push(one: T): void {
    this.#all.push(one);
  }

  shift(): T | undefined {
    if (this.isEmpty) return undefined;
    const first = this.#all[this.#next++];
    if (this.isEmpty) {
      this.#all = [];
      this.#next = 0;
    }
    return first;
  }
}
