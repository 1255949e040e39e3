import type { Delivery } from './desk.ts';
import { mostWaiting, type Outlet, type Outlets } from './outlets.ts';

/** One of those who are told the same. */
export type Listener = {
  readonly outlet: Outlet;
  /** What makes an answer its own; see `Framing`. */
  readonly prefix: string;
  /** Among those who go together; -1: on his own. */
  index: number;
  /** So many of the answers that are gathered now came before him. */
  after: number;
};

/**
 * Those who go together. What they are told within one turn of the event loop is gathered, and handed out in slices. In
 * between some may come, who are not told, and some may leave, who are not told any more.
 */
export type Together<L extends Listener> = {
  readonly size: number;
  add(listener: L): void;
  remove(listener: L): void;
  /** Removes them all. */
  takeAll(): readonly L[];
  /**
   * Only when nothing is left of what was begun to be handed out. Returns those who had no room after it, and have none
   * yet: they have been told this one too.
   */
  tell(answer: Buffer): readonly L[];
  /** As much is gathered as may be. */
  readonly isFull: boolean;
  /** Hands out now what is gathered, or what is left of it. */
  finish(): void;
};

type HandingOut = Delivery['tellSome'];

export function createTogether<L extends Listener>(outlets: Pick<Outlets, 'deliver'>): Together<L> {
  const all: L[] = [];
  let gathered: Buffer[] = [];
  let gatheredBytes = 0;
  let handOut: HandingOut = () => false;
  /** Had no room left after what was handed out last. */
  let crowded: L[] = [];

  function remove(listener: L) {
    const last = all.pop();
    if (last && last !== listener) {
      all[listener.index] = last;
      last.index = listener.index;
    }
    listener.index = -1;
  }

  /** Of what is gathered when it begins, to those who are there then. */
  function createHandingOut(): HandingOut {
    let listeners: readonly L[] | null = null;
    let answers: readonly Buffer[] = [];
    let next = 0;
    return (most) => {
      if (listeners === null) {
        listeners = all.slice();
        answers = gathered;
        gathered = [];
        gatheredBytes = 0;
      }
      const until = Math.min(listeners.length, next + most);
      for (; next < until; next++) {
        const listener = listeners[next];
        if (listener && listener.index >= 0) hand(listener, answers);
      }
      return next < listeners.length;
    };
  }

  function hand(listener: L, answers: readonly Buffer[]) {
    const { outlet, prefix, after } = listener;
    if (after > 0) listener.after = 0;
    if (after < answers.length) outlet.tell(prefix, after === 0 ? answers : answers.slice(after));
    if (!outlet.hasRoom) crowded.push(listener);
  }

  return {
    get size() {
      return all.length;
    },
    add(listener) {
      listener.index = all.push(listener) - 1;
      listener.after = gathered.length;
    },
    remove,
    takeAll() {
      const taken = all.splice(0);
      for (const listener of taken) listener.index = -1;
      return taken;
    },
    tell(answer) {
      gathered.push(answer);
      gatheredBytes += answer.length;
      if (gathered.length === 1) {
        handOut = createHandingOut();
        outlets.deliver({ tellSome: handOut });
      }
      if (crowded.length === 0) return crowded;
      const left = crowded.filter(({ index, outlet }) => index >= 0 && !outlet.hasRoom);
      crowded = [];
      for (const { outlet, prefix, after } of left) outlet.tell(prefix, gathered.slice(after));
      return left;
    },
    get isFull() {
      return gatheredBytes >= mostWaiting;
    },
    finish() {
      handOut(Number.POSITIVE_INFINITY);
    },
  };
}
