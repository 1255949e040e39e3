import type { Clock } from '../../clock.ts';

/** What a keepalive needs of a WebSocket. */
export type Pinged = {
  ping(): void;
  /** Without a farewell, and without waiting for one. */
  terminate(): void;
};

export type SocketKeepalive = {
  /** A sign of life came: a pong, a message, or room for bytes that had to wait for it. */
  heard(): void;
  stop(): void;
};

/**
 * Pings every `pingMs`, and lets go of a far end that gave no sign of life between two pings: one that went without a
 * word is gone after twice that at the latest. A far end that reads slowly finds the ping late, behind all that was
 * sent before it; that it takes what was sent is a sign of life too.
 */
export function keepAlive(socket: Pinged, pingMs: number, clock: Clock): SocketKeepalive {
  let isAlive = true;
  let stop = clock.after(pingMs, beat);
  function beat() {
    if (!isAlive) {
      socket.terminate();
      return;
    }
    isAlive = false;
    socket.ping();
    stop = clock.after(pingMs, beat);
  }
  return {
    heard() {
      isAlive = true;
    },
    stop: () => stop(),
  };
}
