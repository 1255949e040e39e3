import type { Duplex } from 'node:stream';
import { socketFraming } from '../cohorts/framing.ts';
import type { Outlet, Outlets, Sink, Written } from '../cohorts/outlets.ts';

/** So much may wait in the process for a reader; then he gets no more until it has left. */
const mostUnsent = 16 * 1024;

/**
 * Whole frames, written to the stream below the WebSocket. That is safe as long as nothing is compressed: ws writes each
 * frame of its own at once as well. `onProgress`: what had to wait has left, which is a sign of life.
 */
export function openSocketOutlet(outlets: Outlets, socket: OpenSocket, stream: Duplex, onProgress: () => void): Outlet {
  const outlet: Outlet = outlets.open(
    socketFraming,
    new SocketSink(socket, stream, () => {
      onProgress();
      return outlet;
    }),
  );
  return outlet;
}

/** What of a WebSocket says whether a frame may be sent yet. */
type OpenSocket = { readonly readyState: number; readonly OPEN: number };

/** Little to look at for each message: thousands of them take longer to be fetched from memory than to be written to. */
class SocketSink implements Sink {
  readonly #socket: OpenSocket;
  readonly #stream: Duplex;
  readonly #progressed: () => Outlet;
  #isWatched = false;

  constructor(socket: OpenSocket, stream: Duplex, progressed: () => Outlet) {
    this.#socket = socket;
    this.#stream = stream;
    this.#progressed = progressed;
  }

  write(bytes: Buffer): Written {
    // No frame may follow the farewell.
    if (this.#socket.readyState !== this.#socket.OPEN) return 'GONE';
    this.#stream.write(bytes);
    return this.#written();
  }

  /** In one call of the system's. */
  writePieces(pieces: readonly Buffer[]): Written {
    if (this.#socket.readyState !== this.#socket.OPEN) return 'GONE';
    this.#stream.cork();
    for (const piece of pieces) this.#stream.write(piece);
    this.#stream.uncork();
    return this.#written();
  }

  #written(): Written {
    const unsentBytes = this.#stream.writableLength;
    if (unsentBytes === 0) return 'GONE';
    this.#watch();
    return unsentBytes > mostUnsent ? 'FULL' : 'KEPT';
  }

  #watch() {
    if (this.#isWatched) return;
    this.#isWatched = true;
    // Nothing, behind all that waits: its callback says when that has left. To ask this of each write would cost every
    // one of them a turn of its own.
    this.#stream.write('', (error) => {
      this.#isWatched = false;
      if (error) return;
      const outlet = this.#progressed();
      if (this.#stream.writableLength > mostUnsent) this.#watch();
      else outlet.drained();
    });
  }
}
