import type { Uuid } from '../../../model/brands.ts';
import { messageHeader } from '../rpc/events.ts';
import { type DomainEventName, domainEvents } from '../rpc/events-domain.ts';
import { type ObjectEventName, objectEvents } from '../rpc/events-objects.ts';
import { encodeFrame } from '../rpc/frame.ts';
import type { DomainRef } from '../rpc/objects.ts';
import type { Codec, Decoded } from '../rpc/xdr.ts';

type DomainMessage<N extends DomainEventName> = Decoded<(typeof domainEvents)[N]['message']>;
type ObjectMessage<N extends ObjectEventName> = Decoded<(typeof objectEvents)[N]['message']>;

/** What an event says beside whom it is about and which registration it answers. */
export type DomainEventFields<N extends DomainEventName> = Omit<DomainMessage<N>, 'callbackId' | 'domain'>;
export type ObjectEventFields<N extends ObjectEventName> = Omit<ObjectMessage<N>, 'callbackId'>;

/** Which part of the daemon an event comes from; each counts its registrations by itself. */
export type EventKind = 'domain' | (typeof objectEvents)[ObjectEventName]['kind'];

export type Registration = {
  readonly kind: EventKind;
  readonly eventId: number;
  readonly callbackId: number;
  /** Key of the one object that it is about; `null` for all of them. */
  readonly only: string | null;
  readonly send: (frame: Buffer) => void;
};

/** Where the daemon's parts say what happened; it tells those that registered for it, each under its own number. */
export type EventSink = {
  readonly registrations: Set<Registration>;
  /** While true, nothing is told to anybody. */
  dropping: boolean;
  nextCallbackId(kind: EventKind): number;
  domain<N extends DomainEventName>(name: N, domain: DomainRef, fields: DomainEventFields<N>): void;
  object<N extends ObjectEventName>(name: N, key: string | Uuid, fields: ObjectEventFields<N>): void;
};

export function createEventSink(): EventSink {
  const counters = new Map<EventKind, number>();
  const registrations = new Set<Registration>();

  function tell(
    event: {
      readonly kind: EventKind;
      readonly id: number;
      readonly procedure: number;
      readonly codec: Codec<unknown>;
    },
    key: string,
    fields: object,
  ) {
    if (sink.dropping) return;
    for (const { kind, eventId, only, callbackId, send } of registrations) {
      if (kind !== event.kind || eventId !== event.id || (only !== null && only !== key)) continue;
      send(encodeFrame(messageHeader(event.procedure), event.codec, { callbackId, ...fields }));
    }
  }

  const sink: EventSink = {
    registrations,
    dropping: false,
    nextCallbackId(kind) {
      const next = counters.get(kind) ?? 0;
      counters.set(kind, next + 1);
      return next;
    },
    domain(name, domain, fields) {
      const { id, procedure, message } = domainEvents[name];
      tell({ kind: 'domain', id, procedure, codec: message }, domain.uuid, { domain, ...fields });
    },
    object(name, key, fields) {
      const { kind, id, procedure, message } = objectEvents[name];
      tell({ kind, id, procedure, codec: message }, key, fields);
    },
  };
  return sink;
}
