import { type CallPriority, callPriorities } from '../../driver.ts';

export type Waiting = {
  readonly priority: CallPriority;
  /** What the call takes turns for, such as the guest whose monitor it may enter; `null` where it need not. */
  readonly turn: string | null;
};

/** Calls that wait for a place on the connection: by priority, first come first served within one. */
export class CallQueue<T extends Waiting> {
  readonly #capacity: number;
  readonly #lines = new Map<CallPriority, T[]>(callPriorities.map((priority) => [priority, []]));
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** False when the queue is full: the caller is told so at once instead of waiting in vain. */
  push(call: T): boolean {
    if (this.#size >= this.#capacity) return false;
    this.#line(call.priority).push(call);
    this.#size += 1;
    return true;
  }

  /** The next call that may go; one that has to wait for its turn does not hold up those behind it. */
  take(mayGo: (call: T) => boolean): T | null {
    for (const line of this.#lines.values()) {
      const index = line.findIndex(mayGo);
      const [call] = index < 0 ? [] : line.splice(index, 1);
      if (call) {
        this.#size -= 1;
        return call;
      }
    }
    return null;
  }

  remove(call: T): void {
    const line = this.#line(call.priority);
    const index = line.indexOf(call);
    if (index < 0) return;
    line.splice(index, 1);
    this.#size -= 1;
  }

  /** Everything that waited; the queue is empty afterwards. */
  drain(): T[] {
    const calls = [...this.#lines.values()].flat();
    for (const line of this.#lines.values()) line.length = 0;
    this.#size = 0;
    return calls;
  }

  #line(priority: CallPriority): T[] {
    const line = this.#lines.get(priority);
    if (!line) throw new RangeError(`There is no priority ${priority}.`);
    return line;
  }
}
