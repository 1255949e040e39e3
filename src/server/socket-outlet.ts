import type { Duplex } from 'node:stream';
import { socketFraming } from './cohorts/framing.ts';
import type { Outlet, Outlets } from './cohorts/outlets.ts';

/** So much may wait in the process for a reader; then he gets no more until it has left. */
const mostUnsent = 16 * 1024;

/**
 * Whole frames, written to the stream below the WebSocket. That is safe as long as nothing is compressed: ws writes each
 * frame of its own at once as well. `onProgress`: what had to wait has left, which is a sign of life.
 */
export function openSocketOutlet(
  outlets: Outlets,
  stream: Duplex,
  isOpen: () => boolean,
  onProgress: () => void,
): Outlet {
  let isWatched = false;

  function watch() {
    if (isWatched) return;
    isWatched = true;
    // Nothing, behind all that waits: its callback says when that has left. To ask this of each write would cost every
    // one of them a turn of its own.
    stream.write('', (error) => {
      isWatched = false;
      if (error) return;
      onProgress();
      if (stream.writableLength > mostUnsent) watch();
      else outlet.drained();
    });
  }

  const outlet = outlets.open(socketFraming, (pieces) => {
    // No frame may follow the farewell.
    if (!isOpen()) return 'GONE';
    // In one call of the system's.
    if (pieces.length > 1) stream.cork();
    for (const piece of pieces) stream.write(piece);
    if (pieces.length > 1) stream.uncork();
    if (stream.writableLength === 0) return 'GONE';
    watch();
    return stream.writableLength > mostUnsent ? 'FULL' : 'KEPT';
  });
  return outlet;
}
