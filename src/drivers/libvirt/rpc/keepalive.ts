/**
 * libvirt's keepalive: a program of its own with two messages that have no payload (`virkeepaliveprotocol.x`).
 * Each side may ping; the other answers at once. Whatever arrives shows that the far end lives.
 */
import type { Clock } from '../../../clock.ts';
import { encodeFrame, messageStatuses, messageTypes, programs } from './frame.ts';
import { nothing } from './xdr.ts';

export const keepaliveProcedures = { PING: 1, PONG: 2 } as const;

function keepaliveFrame(procedure: number): Buffer {
  const header = {
    program: programs.keepalive.number,
    version: programs.keepalive.version,
    procedure,
    type: messageTypes.MESSAGE,
    serial: 0,
    status: messageStatuses.OK,
  } as const;
  return encodeFrame(header, nothing, null);
}

export const pingFrame = keepaliveFrame(keepaliveProcedures.PING);
export const pongFrame = keepaliveFrame(keepaliveProcedures.PONG);

/** A round trip older than this many intervals is measured again, even when other traffic shows life. */
const roundTripIntervals = 6;

/**
 * Connections look after their far ends at the same moments, so many in an interval. One ping by itself finds neither its
 * code nor its data in the processor's caches, and costs more than twice as much as one among others.
 */
const beatsInInterval = 5;

export type KeepaliveOptions = {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** So many silent intervals in a row, and one more, and the far end is taken for dead, as libvirt counts. */
  readonly count: number;
  readonly sendPing: () => void;
  readonly onDead: (silentMs: number) => void;
};

export type Keepalive = {
  /** Anything arrived. */
  heard(): void;
  heardPong(): void;
  /** Of the last ping answered, in milliseconds. */
  roundTripMs(): number | null;
  close(): void;
};

/** Starts pinging. `close` it. */
export function openKeepalive({ clock, intervalMs, count, sendPing, onDead }: KeepaliveOptions): Keepalive {
  // Late in the silence: what is merely idle is pinged seldom. Two pings are left to answer, so the dead are found no later.
  const silentTicksBeforePing = Math.max(1, count - 1);
  let heardSinceTick = true;
  let silentTicks = 0;
  let lastHeardAt = clock.monotonic();
  let pingSentAt: number | null = null;
  let roundTripMs: number | null = null;
  let ticksSinceRoundTrip = roundTripIntervals;
  const beatMs = intervalMs / beatsInInterval;
  let cancel = tickNext();

  /** To the nearest beat: a timer may be a little early, and then is no beat off. */
  function tickNext() {
    const now = clock.monotonic();
    return clock.after(Math.round((now + intervalMs) / beatMs) * beatMs - now, tick);
  }

  function tick() {
    if (heardSinceTick) silentTicks = 0;
    else silentTicks += 1;
    if (silentTicks > count) {
      onDead(clock.monotonic() - lastHeardAt);
      return;
    }
    ticksSinceRoundTrip += 1;
    if ((!heardSinceTick && silentTicks >= silentTicksBeforePing) || ticksSinceRoundTrip > roundTripIntervals) {
      pingSentAt ??= clock.monotonic();
      sendPing();
    }
    heardSinceTick = false;
    cancel = tickNext();
  }

  return {
    heard() {
      heardSinceTick = true;
      lastHeardAt = clock.monotonic();
    },
    heardPong() {
      if (pingSentAt === null) return;
      roundTripMs = clock.monotonic() - pingSentAt;
      pingSentAt = null;
      ticksSinceRoundTrip = 0;
    },
    roundTripMs: () => roundTripMs,
    close: () => cancel(),
  };
}
