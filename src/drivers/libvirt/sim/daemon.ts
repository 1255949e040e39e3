/** A small libvirtd within this process: the same frames, the same rules, a clock that is given. */
import { type Duplex, duplexPair } from 'node:stream';
import type { Clock } from '../../../clock.ts';
import { systemClock } from '../../../clock.ts';
import { hostProblem } from '../../../errors.ts';
import type { Uuid } from '../../../model/brands.ts';
import type { DomainEventName } from '../rpc/events-domain.ts';
import type { ObjectEventName } from '../rpc/events-objects.ts';
import { acceptConnection, daemonKeepalive, type SimConnection } from './connection.ts';
import { lookupUuid } from './domain-store.ts';
import { createEventSink, type DomainEventFields, type ObjectEventFields } from './event-sink.ts';
import { noFaults, type SimFaults } from './faults.ts';
import { createSimHost, refOf, type SimHost } from './host.ts';
import { dropJobs } from './jobs.ts';
import { requireActive } from './lifecycle.ts';
import { personalities, type SimHypervisor } from './personality.ts';
import { createStuckGuest } from './stuck-guest.ts';

export type SimDaemonOptions = {
  /** The host's name, which it also tells its clients. */
  readonly name: string;
  readonly hypervisor: SimHypervisor;
  /** What it makes up (addresses, UUIDs, loads) is the same for the same seed. */
  readonly seed?: number;
  readonly clock?: Clock;
  /** Puts domains there before the first client comes. */
  readonly populate?: (host: SimHost) => void;
  readonly faults?: Partial<SimFaults>;
};

export type SimDaemon = {
  readonly name: string;
  /** Its insides: for lifecycle.ts and domain-store.ts, which change it as somebody at the host would. */
  readonly host: SimHost;
  /** How many clients are connected. */
  readonly connectionCount: number;
  /** @throws VirtgraphError SOCKET_REFUSED while the faults say so, or after `close`. */
  connect(options?: { readonly readOnly?: boolean }): Duplex;
  /** Serves a client on a stream that somebody else opened. */
  accept(stream: Duplex, options?: { readonly readOnly?: boolean }): void;
  setFaults(faults: Partial<SimFaults>): void;
  /** The guest's monitor answers no more: calls that need it hang. @throws Failure when it is not running. */
  stick(uuid: Uuid): void;
  unstick(uuid: Uuid): void;
  /** Tells of something that happened to a domain, whatever is true. */
  emitDomain<N extends DomainEventName>(name: N, uuid: Uuid, fields: DomainEventFields<N>): void;
  emitObject<N extends ObjectEventName>(name: N, key: string, fields: ObjectEventFields<N>): void;
  /** Cuts every connection, as a daemon that is killed. It can be connected to again. */
  dropConnections(): void;
  /** May be called twice. */
  close(): void;
};

export function createSimDaemon(options: SimDaemonOptions): SimDaemon {
  const { name, hypervisor, seed = 1, clock = systemClock } = options;
  const events = createEventSink();
  const host = createSimHost({ name, personality: personalities[hypervisor], clock, seed, events });
  const faults = noFaults();
  const connections = new Set<SimConnection>();
  let cancelTick: (() => void) | null = null;
  let closed = false;
  setFaults(options.faults ?? {});
  options.populate?.(host);

  /** One timer for all clients, and none while nobody asked for keepalive. */
  function startTicking() {
    cancelTick ??= clock.after(daemonKeepalive.intervalMs, () => {
      cancelTick = null;
      for (const connection of connections) connection.tick();
      if ([...connections].some((connection) => connection.wantsKeepalive)) startTicking();
    });
  }

  function setFaults(changes: Partial<SimFaults>) {
    Object.assign(faults, changes);
    events.dropping = faults.dropEvents;
    for (const connection of connections) connection.wake();
  }

  function accept(stream: Duplex, { readOnly = false } = {}) {
    if (closed || faults.refuse) {
      stream.destroy();
      return;
    }
    const connection = acceptConnection(stream, {
      host,
      faults,
      readOnly,
      onKeepalive: startTicking,
      onClose: () => connections.delete(connection),
    });
    connections.add(connection);
  }

  function dropConnections() {
    for (const connection of connections) connection.close();
  }

  return {
    name,
    host,
    get connectionCount() {
      return connections.size;
    },
    connect(how) {
      if (closed || faults.refuse) {
        throw hostProblem(
          'SOCKET_REFUSED',
          `The embedded host ${name} refuses connections.`,
          'It was told to; nothing is wrong with the gateway.',
        );
      }
      const [ours, theirs] = duplexPair({ allowHalfOpen: false });
      // A pair tells the other side of an end, but not of being destroyed, as a socket would.
      ours.once('close', () => theirs.destroy());
      theirs.once('close', () => ours.destroy());
      accept(ours, how);
      return theirs;
    },
    accept,
    setFaults,
    stick(uuid) {
      const domain = lookupUuid(host, uuid);
      requireActive(domain);
      domain.stuck ??= createStuckGuest(clock);
    },
    unstick(uuid) {
      const domain = lookupUuid(host, uuid);
      const { stuck } = domain;
      domain.stuck = null;
      stuck?.release('answers');
    },
    emitDomain: (event, uuid, fields) => events.domain(event, refOf(lookupUuid(host, uuid)), fields),
    emitObject: (event, key, fields) => events.object(event, key, fields),
    dropConnections,
    close() {
      closed = true;
      dropConnections();
      cancelTick?.();
      cancelTick = null;
      for (const domain of host.domains.values()) {
        domain.cancelPending?.();
        domain.cancelPending = null;
        dropJobs(domain.jobs);
        domain.stuck?.release('gone');
      }
    },
  };
}
