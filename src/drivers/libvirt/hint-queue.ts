import { createChannel } from '../../channel.ts';
import type { HostHint } from '../../model/hints.ts';

export type HintQueue = {
  push(hint: HostHint): void;
  readonly hints: AsyncIterableIterator<HostHint>;
  end(): void;
};

/**
 * Hints between the reader of the socket, which never waits, and the one who acts on them. When `capacity` hints
 * wait, one `overflow` takes the place of all that follow, until there is room again: whoever reads it reads
 * everything anew, and so sees what was dropped before it got there.
 */
export function createHintQueue(capacity: number): HintQueue {
  // One place more, which only the overflow hint may take.
  const channel = createChannel<HostHint>({ capacity: capacity + 1 });
  let overflowed = false;
  return {
    push(hint) {
      if (channel.size < capacity) {
        overflowed = false;
        channel.push(hint);
      } else if (!overflowed) {
        overflowed = true;
        channel.push({ kind: 'overflow' });
      }
    },
    hints: channel,
    end: () => channel.end(),
  };
}
