import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** So much is handed to the system at once: a fraction of a millisecond's worth of copying. */
const breathBytes = 1024 * 1024;

/**
 * An answer in the pieces that it was made in, without putting them together. What is short leaves in one write with its
 * head; what is long as its reader takes it, and never two breaths in one turn of the event loop.
 */
export function sendPieces(
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  pieces: readonly Buffer[],
): void {
  const length = pieces.reduce((total, piece) => total + piece.length, 0);
  response.writeHead(status, { ...headers, 'content-length': length });
  let next = 0;

  function breathe() {
    // Whoever asked has gone.
    if (response.destroyed) return;
    response.cork();
    let isTaken = true;
    for (let bytes = 0; next < pieces.length && bytes < breathBytes; next++) {
      // Not `undefined`: the index is below the length.
      const piece = pieces[next] as Buffer;
      bytes += piece.length;
      isTaken = response.write(piece);
    }
    if (next === pieces.length) {
      // Sends what is corked.
      response.end();
      return;
    }
    response.uncork();
    if (isTaken) setImmediate(breathe);
    else response.once('drain', () => setImmediate(breathe));
  }
  breathe();
}
