import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';

/**
 * Those who have connected and are not at home yet: a request, or a WebSocket's handshake and its first messages, is what
 * costs most of them. Only so many at a time are listened to. When thousands come at once, they have all asked by the time
 * when the event loop looks again, and would all be answered before anything else is done.
 */
export type Newcomers = {
  /** Somebody else may be listened to instead. */
  settled(stream: Duplex): void;
};

const mostAtOnce = 64;
/** Who says nothing for so long, such as a browser that connects in advance, waits again when others do. */
const silentMs = 50;

/** @param established the event of the server that tells of a connection: for TLS, of one that has shaken hands */
export function receiveNewcomers(
  server: Server,
  established: 'connection' | 'secureConnection',
  clock: Clock,
): Newcomers {
  /** Who is listened to, and since when; those who came first are first. */
  const heard = new Map<Duplex, number>();
  const waiting: Duplex[] = [];
  let isLettingIn = false;
  let stopTimer: (() => void) | null = null;

  server.on(established, (stream: Duplex) => {
    stream.once('close', onClose);
    if (heard.size < mostAtOnce && waiting.length === 0) {
      heard.set(stream, clock.monotonic());
      return;
    }
    waiting.push(stream);
    // Node's HTTP server begins to read in a tick of its own, before this one.
    process.nextTick(() => {
      if (!heard.has(stream)) stream.pause();
    });
    waitForSilence();
  });
  server.on('request', ({ socket }: IncomingMessage) => settled(socket));

  /** One for all, and taken away again: there are thousands of them. */
  function onClose(this: Duplex) {
    settled(this);
  }

  function settled(stream: Duplex) {
    stream.off('close', onClose);
    if (!heard.delete(stream) || waiting.length === 0 || isLettingIn) return;
    isLettingIn = true;
    // Once in a turn of the event loop: of some, what they ask for has been read already.
    setImmediate(letIn);
  }

  function letIn() {
    isLettingIn = false;
    while (heard.size < mostAtOnce) {
      const stream = waiting.shift();
      if (!stream) break;
      if (stream.destroyed) continue;
      heard.set(stream, clock.monotonic());
      stream.resume();
    }
    waitForSilence();
  }

  function waitForSilence() {
    if (waiting.length > 0) stopTimer ??= clock.after(silentMs, passOver);
  }

  function passOver() {
    stopTimer = null;
    const nowMs = clock.monotonic();
    for (const [stream, sinceMs] of heard) {
      if (nowMs - sinceMs < silentMs) break;
      heard.delete(stream);
      stream.pause();
      waiting.push(stream);
    }
    letIn();
  }

  return { settled };
}
