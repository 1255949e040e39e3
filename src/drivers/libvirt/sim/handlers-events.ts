import { domainEvents } from '../rpc/events-domain.ts';
import { objectEvents } from '../rpc/events-objects.ts';
import type { CallContext, Handler } from './call-context.ts';
import type { EventKind, Registration } from './event-sink.ts';
import { failure } from './failure.ts';

type EventName =
  | 'domainEventRegister'
  | 'domainEventDeregister'
  | 'networkEventRegister'
  | 'networkEventDeregister'
  | 'storagePoolEventRegister'
  | 'storagePoolEventDeregister'
  | 'nodeDeviceEventRegister'
  | 'nodeDeviceEventDeregister'
  | 'secretEventRegister'
  | 'secretEventDeregister'
  | 'closeCallbackRegister'
  | 'closeCallbackUnregister';

export const eventHandlers: { readonly [N in EventName]: Handler<N> } = {
  domainEventRegister: (context, { eventId, domain }) => register(context, 'domain', eventId, domain?.uuid ?? null),
  domainEventDeregister: (context, { callbackId }) => deregister(context, 'domain', callbackId),
  networkEventRegister: (context, { eventId, network }) => register(context, 'network', eventId, network?.uuid ?? null),
  networkEventDeregister: (context, { callbackId }) => deregister(context, 'network', callbackId),
  storagePoolEventRegister: (context, { eventId, pool }) =>
    register(context, 'storagePool', eventId, pool?.uuid ?? null),
  storagePoolEventDeregister: (context, { callbackId }) => deregister(context, 'storagePool', callbackId),
  nodeDeviceEventRegister: (context, { eventId, device }) =>
    register(context, 'nodeDevice', eventId, device?.name ?? null),
  nodeDeviceEventDeregister: (context, { callbackId }) => deregister(context, 'nodeDevice', callbackId),
  secretEventRegister(context, { eventId, secret }) {
    if (!context.host.personality.supports.secrets) {
      throw failure('NO_SUPPORT', 'SECRET', 'virConnectSecretEventRegisterAny');
    }
    return register(context, 'secret', eventId, secret?.uuid ?? null);
  },
  secretEventDeregister: (context, { callbackId }) => deregister(context, 'secret', callbackId),
  closeCallbackRegister: () => null,
  closeCallbackUnregister: () => null,
};

/** What the daemon calls each kind in its messages. */
const kindNames: Readonly<Record<EventKind, string>> = {
  domain: '',
  network: 'network ',
  storagePool: 'storage pool ',
  nodeDevice: 'node device ',
  secret: 'secret ',
};

/** Events of libvirt 9.0: later ones are as unknown to this daemon as to a real one of that version. */
const knownEvents: Readonly<Record<EventKind, ReadonlySet<number>>> = {
  domain: new Set(Object.values(domainEvents).flatMap(({ id }) => (id <= 26 ? [id] : []))),
  network: objectEventIds('network'),
  storagePool: objectEventIds('storagePool'),
  nodeDevice: objectEventIds('nodeDevice'),
  secret: objectEventIds('secret'),
};

function objectEventIds(kind: EventKind): ReadonlySet<number> {
  return new Set(Object.values(objectEvents).flatMap((event) => (event.kind === kind ? [event.id] : [])));
}

function register({ host, client, send }: CallContext, kind: EventKind, eventId: number, only: string | null) {
  if (!knownEvents[kind].has(eventId)) {
    throw failure('INTERNAL_ERROR', 'RPC', `unsupported ${kindNames[kind]}event ID ${eventId}`);
  }
  for (const known of client.registrations.values()) {
    if (known.kind === kind && known.eventId === eventId && known.only === only) {
      throw failure('INVALID_ARG', 'NONE', 'event callback already tracked');
    }
  }
  const callbackId = host.events.nextCallbackId(kind);
  const registration: Registration = { kind, eventId, callbackId, only, send };
  client.registrations.set(`${kind} ${callbackId}`, registration);
  host.events.registrations.add(registration);
  return { callbackId };
}

function deregister({ host, client }: CallContext, kind: EventKind, callbackId: number): null {
  const key = `${kind} ${callbackId}`;
  const registration = client.registrations.get(key);
  if (!registration) {
    const name = kind === 'domain' ? 'domain ' : kindNames[kind];
    throw failure('INTERNAL_ERROR', 'RPC', `${name}event callback ${callbackId} not registered`);
  }
  client.registrations.delete(key);
  host.events.registrations.delete(registration);
  return null;
}
