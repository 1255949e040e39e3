/**
 * The libvirt connections ("lanes") of one host over its one transport. The daemon serves only so many calls
 * of one connection at once, so whatever may wait for a guest gets a connection of its own, and the control
 * lane always answers. Events come over the control lane; the others are opened when first needed.
 */
import { VirtgraphError } from '../../errors.ts';
import type { Uuid } from '../../model/brands.ts';
import type { CallOptions, LinkReading } from '../driver.ts';
import type { LibvirtConnection } from './connect.ts';
import { deadlineMs } from './deadlines.ts';
import { abortFailure, connectionFailure, connectionLost } from './rpc/call-failures.ts';
import type { RpcClient } from './rpc/client.ts';
import type { Lane, Procedure } from './rpc/procedure.ts';

export type LaneCallOptions = CallOptions & {
  /** The guest whose monitor may be entered: it gets at most two places on the work lane. */
  readonly guest?: Uuid;
  /** Instead of the deadline of the procedure's lane. */
  readonly deadlineMs?: number;
  /** Instead of the procedure's own lane. */
  readonly lane?: Lane;
};

export type Lanes = {
  call<A, R>(procedure: Procedure<A, R>, args: A, options: LaneCallOptions): Promise<R>;
  /** Settles when the control lane is over: without it there are no events and so no truth. */
  readonly closed: Promise<VirtgraphError>;
  link(): LinkReading;
  close(): Promise<void>;
};

export type LanesOptions = {
  readonly control: LibvirtConnection;
  /** Another libvirt connection to the same daemon. */
  readonly openConnection: () => Promise<LibvirtConnection>;
  /** One connection for everything: for drivers whose every connection is a world of its own. */
  readonly single: boolean;
};

export function createLanes({ control, openConnection, single }: LanesOptions): Lanes {
  /** Opened, or being opened. A lane that was lost is not in it any more. */
  const opened = new Map<Lane, { connection: Promise<LibvirtConnection>; client: RpcClient | null }>();
  let closing: Promise<void> | null = null;

  function connectionFor(lane: Lane): Promise<LibvirtConnection> {
    if (single || lane === 'control') return Promise.resolve(control);
    const known = opened.get(lane);
    if (known) return known.connection;
    if (closing) return Promise.reject(connectionLost('The gateway closed the connection.'));
    const connection = openConnection();
    const entry: { connection: Promise<LibvirtConnection>; client: RpcClient | null } = { connection, client: null };
    opened.set(lane, entry);
    const forget = () => {
      if (opened.get(lane) === entry) opened.delete(lane);
    };
    connection.then(({ client }) => {
      entry.client = client;
      // Its own callers have been told; the next call opens it anew.
      return client.closed.then(forget);
    }, forget);
    return connection;
  }

  async function call<A, R>(procedure: Procedure<A, R>, args: A, options: LaneCallOptions): Promise<R> {
    const lane = options.lane ?? procedure.lane;
    const unsent = { name: procedure.name, mutating: procedure.mutating, written: false };
    let client = control.client;
    if (!single && lane !== 'control') {
      try {
        ({ client } = await orAborted(connectionFor(lane), options.signal));
      } catch (error) {
        if (options.signal.aborted) throw abortFailure(unsent, options.signal.reason);
        throw error instanceof VirtgraphError ? connectionFailure(unsent, error) : error;
      }
    }
    return client.call(procedure, args, {
      ...options,
      deadlineMs: options.deadlineMs ?? deadlineMs[lane],
      guest: lane === 'work' ? (options.guest ?? null) : null,
    });
  }

  async function closeAll(): Promise<void> {
    const others = [...opened.values()].map(async ({ connection }) => {
      // One that never opened has nothing to close.
      const open = await connection.catch(() => null);
      await open?.close();
    });
    await Promise.all([control.close(), ...others]);
  }

  return {
    call,
    closed: control.client.closed,
    link() {
      const clients: [string, RpcClient][] = [['control', control.client]];
      for (const [lane, { client }] of opened) if (client) clients.push([lane, client]);
      const readings = clients.map(([name, { reading }]) => ({ name, ...reading }));
      return {
        roundTripMs: readings[0]?.roundTripMs ?? null,
        lanes: readings.map(({ name, callsInFlight, callsAbandoned, callsQueued }) => ({
          name,
          callsInFlight,
          callsAbandoned,
          callsQueued,
        })),
      };
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
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
