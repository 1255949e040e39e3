/**
 * The libvirt connections ("lanes") of one host over its one transport. The daemon serves only so many calls
 * of one connection at once, so whatever may wait for a guest gets a connection of its own, and the control
 * lane always answers. Events come over the control lane; the others are opened when first needed.
 *
 * A lane whose places are held by calls that nobody waits for any more is wedged. Nothing takes those calls back: whoever
 * closes the connection leaves the daemon's workers to them, and the next connection loses as many again. So a wedged lane
 * is left alone until the daemon answers, one more connection does its work meanwhile, and there is one such for a host.
 *
 * A lane that nobody uses for a while is closed: each connection is kept alive by itself, which is most of what an idle host
 * costs.
 */
import type { Clock } from '../../clock.ts';
import { VirtgraphError } from '../../errors.ts';
import type { Uuid } from '../../model/brands.ts';
import type { CallOutcome, EndedCall } from '../../model/calls.ts';
import type { CallOptions, LinkReading } from '../driver.ts';
import type { LibvirtConnection } from './connect.ts';
import { deadlineMs } from './deadlines.ts';
import { abortFailure, connectionFailure, connectionLost } from './rpc/call-failures.ts';
import type { RpcClient } from './rpc/client.ts';
import type { Lane, Procedure } from './rpc/procedure.ts';

export type LaneCallOptions = CallOptions & {
  /** The guest whose monitor may be entered: it gets at most two places on the work lane. */
  readonly guest?: Uuid | null;
  /** Instead of the deadline of the procedure's lane. */
  readonly deadlineMs?: number;
  /** Instead of the procedure's own lane. */
  readonly lane?: Lane;
  /** Instead of the guest: two calls of the same turn at once on their lane. */
  readonly turn?: string;
  /** The daemon answered when nobody waited any more. */
  readonly onLateAnswer?: () => void;
};

export type Lanes = {
  call<A, R>(procedure: Procedure<A, R>, args: A, options: LaneCallOptions): Promise<R>;
  /** Settles when the control lane is over: without it there are no events and so no truth. */
  readonly closed: Promise<VirtgraphError>;
  link(): LinkReading;
  /** Of the control lane, over which the daemon tells of changes. */
  lastHeardAt(): number;
  close(): Promise<void>;
};

export type LanesOptions = {
  readonly control: LibvirtConnection;
  /** Another libvirt connection to the same daemon. It is given up when `signal` is aborted, for its reason. */
  readonly openConnection: (signal: AbortSignal) => Promise<LibvirtConnection>;
  /** One connection for everything: for drivers whose every connection is a world of its own. */
  readonly single: boolean;
  readonly clock: Clock;
  /** Told of each call when it has ended. */
  readonly onCallEnd?: (call: Omit<EndedCall, 'host'>) => void;
};

/** A lane that nobody has used for so long is closed when it is looked at next, as long after. Pollers come more often. */
const laneIdleMs = 60_000;

type Opened = {
  readonly connection: Promise<LibvirtConnection>;
  client: RpcClient | null;
  /** Calls that are about to be made over it. */
  callers: number;
  /** Since it was last looked at. */
  used: boolean;
};

export function createLanes({ control, openConnection, single, clock, onCallEnd }: LanesOptions): Lanes {
  const controlOpened: Opened = {
    connection: Promise.resolve(control),
    client: control.client,
    callers: 0,
    used: true,
  };
  /** Opened, or being opened. A lane that was lost is not in it any more. */
  const opened = new Map<Lane, Opened>([['control', controlOpened]]);
  /** The one connection more, and the lane whose work it does. */
  let replacement: { readonly lane: Lane; readonly opened: Opened } | null = null;
  let closing: Promise<void> | null = null;
  const over = new AbortController();

  function open(onLost: (lost: Opened) => void): Opened {
    const connection: Promise<LibvirtConnection> = over.signal.aborted
      ? Promise.reject(over.signal.reason)
      : openConnection(over.signal);
    const entry: Opened = { connection, client: null, callers: 0, used: true };
    const forget = () => onLost(entry);
    connection.then(({ client }) => {
      entry.client = client;
      // Its own callers have been told; the next call opens it anew.
      return client.closed.then(forget);
    }, forget);
    return entry;
  }

  function openLane(lane: Lane): Opened {
    const entry = open((lost) => {
      cancelLook();
      if (opened.get(lane) === lost) opened.delete(lane);
    });
    opened.set(lane, entry);
    const look = () => {
      if (entry.used || !isAtRest(entry)) {
        entry.used = false;
        cancelLook = clock.after(laneIdleMs, look);
        return;
      }
      // First, so that the next call opens it anew.
      opened.delete(lane);
      void closeQuietly(entry.connection);
    };
    let cancelLook = clock.after(laneIdleMs, look);
    return entry;
  }

  function replace(lane: Lane): Opened {
    const entry = open((lost) => {
      if (replacement?.opened === lost) replacement = null;
    });
    replacement = { lane, opened: entry };
    return entry;
  }

  const isWedged = ({ client }: Opened) => client?.reading.wedged ?? false;

  /** Where a call of that lane goes now. @throws RESOURCE_EXHAUSTED when nothing that is asked would be answered. */
  function connectionFor(lane: Lane, call: { readonly name: string; readonly mutating: boolean }): Opened {
    const own = single ? controlOpened : (opened.get(lane) ?? openLane(lane));
    if (!isWedged(own)) {
      retireReplacement(lane);
      return own;
    }
    if (!single && replacement === null) return replace(lane);
    if (replacement?.lane === lane && !isWedged(replacement.opened)) return replacement.opened;
    throw wedged(lane, call);
  }

  /** The lane itself works again: its replacement goes as soon as it owes nobody an answer. */
  function retireReplacement(lane: Lane): void {
    if (replacement?.lane !== lane) return;
    if (!isAtRest(replacement.opened)) return;
    const { connection } = replacement.opened;
    replacement = null;
    void closeQuietly(connection);
  }

  async function call<A, R>(procedure: Procedure<A, R>, args: A, options: LaneCallOptions): Promise<R> {
    const lane = options.lane ?? procedure.lane;
    if (!onCallEnd) return send(lane, procedure, args, options);
    const askedAt = performance.now();
    const tell = (outcome: CallOutcome) => onCallEnd({ lane, outcome, seconds: (performance.now() - askedAt) / 1000 });
    try {
      const reply = await send(lane, procedure, args, options);
      tell('ok');
      return reply;
    } catch (error) {
      tell(outcomeOf(error));
      throw error;
    }
  }

  async function send<A, R>(lane: Lane, procedure: Procedure<A, R>, args: A, options: LaneCallOptions): Promise<R> {
    const unsent = { name: procedure.name, mutating: procedure.mutating, written: false };
    for (;;) {
      const used = connectionFor(lane, procedure);
      used.used = true;
      const client = used.client ?? (await waitFor(used, unsent, options.signal));
      try {
        return await client.call(procedure, args, {
          ...options,
          deadlineMs: options.deadlineMs ?? deadlineMs[lane],
          turn: options.turn ?? (lane === 'work' ? (options.guest ?? null) : null),
        });
      } catch (error) {
        // Whoever waits behind calls that are never answered was not sent, and goes where it can be.
        if (client.reading.wedged) client.releaseWaiting(goElsewhere);
        if (error !== goElsewhere) throw error;
      }
    }
  }

  async function waitFor(lane: Opened, unsent: Parameters<typeof abortFailure>[0], signal: AbortSignal) {
    lane.callers += 1;
    try {
      return (await orAborted(lane.connection, signal)).client;
    } catch (error) {
      if (signal.aborted) throw abortFailure(unsent, signal.reason);
      throw error instanceof VirtgraphError ? connectionFailure(unsent, error) : error;
    } finally {
      lane.callers -= 1;
    }
  }

  function all(): readonly { readonly name: string; readonly opened: Opened }[] {
    const lanes = [...opened].map(([lane, entry]) => ({ name: lane as string, opened: entry }));
    if (replacement) lanes.push({ name: `${replacement.lane} (replacement)`, opened: replacement.opened });
    return lanes;
  }

  // One host fails for one reason, and whoever waits on another lane hears that one.
  void control.client.closed.then((reason) => {
    if (closing !== null) return;
    over.abort(reason);
    for (const { opened: lane } of all()) lane.client?.fail(reason);
  });

  return {
    call,
    closed: control.client.closed,
    lastHeardAt: () => control.client.lastHeardAt,
    link() {
      const lanes = all().flatMap(({ name, opened: { client } }) => {
        if (!client) return [];
        const { callsInFlight, callsAbandoned, callsQueued, wedged: isStuck } = client.reading;
        return [{ name, callsInFlight, callsAbandoned, callsQueued, wedged: isStuck }];
      });
      return { roundTripMs: control.client.reading.roundTripMs, lanes };
    },
    close() {
      over.abort(connectionLost('The gateway closed the connection.'));
      closing ??= Promise.all(all().map((lane) => closeQuietly(lane.opened.connection))).then(() => {});
      return closing;
    },
  };
}

/** It is open, and owes nobody an answer. */
function isAtRest({ client, callers }: Opened): boolean {
  return client !== null && callers + client.reading.callsInFlight + client.reading.callsQueued === 0;
}

/** What the daemon refused is an answer too; what nobody waited for to the end is counted with what was lost. */
function outcomeOf(error: unknown): CallOutcome {
  if (!(error instanceof VirtgraphError)) return 'lost';
  if (error.code === 'TIMEOUT') return 'timeout';
  return error.detail.libvirt ? 'error' : 'lost';
}

/** Told to calls that were not sent, and to nobody else. */
const goElsewhere = new VirtgraphError('RESOURCE_EXHAUSTED', 'The lane is wedged.', { outcome: 'NOT_SENT' });

function wedged(lane: Lane, { name, mutating }: { readonly name: string; readonly mutating: boolean }) {
  return new VirtgraphError(
    'RESOURCE_EXHAUSTED',
    `${name}: the host owes the answers of too many calls already (the ${lane} lane is wedged). It waits for guests whose monitor does not answer.`,
    {
      ...(mutating && { outcome: 'NOT_SENT' as const }),
      remedy:
        'See Domain.monitor for the guests that do not answer: mend what they wait for (their storage, often), or force them off. The gateway goes on by itself when the host has answered.',
    },
  );
}

async function closeQuietly(connection: Promise<LibvirtConnection>): Promise<void> {
  // One that never opened has nothing to close.
  const open = await connection.catch(() => null);
  await open?.close();
}

/** The promise, or a rejection as soon as nobody waits any more. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
