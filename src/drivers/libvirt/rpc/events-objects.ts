/**
 * Events of networks, storage pools, node devices and secrets. The hint's `event` is the name of what happened
 * (`started`, `refresh`, …), since it has no other place for it.
 */
import type { HostHint } from '../../../model/hints.ts';
import { nameOf, networkLifecycle, nodeDeviceLifecycle, secretLifecycle, storagePoolLifecycle } from './event-names.ts';
import { networkRef, nodeDeviceRef, secretRef, storagePoolRef } from './objects.ts';
import { type Codec, decode, int, struct } from './xdr.ts';

export type ObjectEvent<M> = {
  /** Whose events, and so which procedure registers for it. */
  readonly kind: Extract<HostHint, { event: string }>['kind'];
  readonly id: number;
  readonly procedure: number;
  readonly message: Codec<M>;
  readHint(payload: Buffer): HostHint;
};

function objectEvent<M>(
  kind: ObjectEvent<M>['kind'],
  id: number,
  procedure: number,
  message: Codec<M>,
  hint: (message: M) => HostHint,
): ObjectEvent<M> {
  return { kind, id, procedure, message, readHint: (payload) => hint(decode(message, payload)) };
}

const change = { event: int, detail: int };

export const objectEvents = {
  'network lifecycle': objectEvent(
    'network',
    0,
    315,
    struct({ callbackId: int, network: networkRef, ...change }),
    ({ network, event }) => ({ kind: 'network', ...network, event: nameOf(networkLifecycle, event) }),
  ),
  'storage pool lifecycle': objectEvent(
    'storagePool',
    0,
    370,
    struct({ callbackId: int, pool: storagePoolRef, ...change }),
    ({ pool, event }) => ({ kind: 'storagePool', ...pool, event: nameOf(storagePoolLifecycle, event) }),
  ),
  'storage pool refresh': objectEvent(
    'storagePool',
    1,
    373,
    struct({ callbackId: int, pool: storagePoolRef }),
    ({ pool }) => ({
      kind: 'storagePool',
      ...pool,
      event: 'refresh',
    }),
  ),
  'node device lifecycle': objectEvent(
    'nodeDevice',
    0,
    376,
    struct({ callbackId: int, device: nodeDeviceRef, ...change }),
    ({ device, event }) => ({ kind: 'nodeDevice', name: device.name, event: nameOf(nodeDeviceLifecycle, event) }),
  ),
  'node device update': objectEvent(
    'nodeDevice',
    1,
    377,
    struct({ callbackId: int, device: nodeDeviceRef }),
    ({ device }) => ({
      kind: 'nodeDevice',
      name: device.name,
      event: 'update',
    }),
  ),
  'secret lifecycle': objectEvent(
    'secret',
    0,
    382,
    struct({ callbackId: int, secret: secretRef, ...change }),
    ({ secret, event }) => ({ kind: 'secret', uuid: secret.uuid, event: nameOf(secretLifecycle, event) }),
  ),
  'secret value-changed': objectEvent(
    'secret',
    1,
    383,
    struct({ callbackId: int, secret: secretRef }),
    ({ secret }) => ({
      kind: 'secret',
      uuid: secret.uuid,
      event: 'value-changed',
    }),
  ),
} as const;

export type ObjectEventName = keyof typeof objectEvents;
