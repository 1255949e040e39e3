/** Asks a daemon to tell of everything that it can tell of. */

import { isAnyLibvirtError, isLibvirtError } from './errors.ts';
import type { Lanes } from './lanes.ts';
import { mapLimited } from './map-limited.ts';
import { domainEvents } from './rpc/events-domain.ts';
import { type ObjectEvent, objectEvents } from './rpc/events-objects.ts';
import { procedures } from './rpc/procedures.ts';

/** As many as the daemon serves at once: each call's deadline then runs from when it is sent, not from the first. */
const parallelCalls = 4;

/**
 * Registers for every event; one that this daemon does not have is left out and the rest asked for.
 * @returns the names of those accepted; `lifecycle` among them means that changes of domains are told
 */
export async function registerEvents(lanes: Lanes, signal: AbortSignal): Promise<readonly string[]> {
  const { lifecycle, ...others } = domainEvents;
  const first = await accepted(() =>
    lanes.call(procedures.domainEventRegister, { eventId: lifecycle.id, domain: null }, { signal }),
  );
  // A driver without domain events has none of them: no need to ask 27 times more.
  const asked = first === 'no such driver' ? [] : Object.entries(others);
  const calls = [
    ...asked.map(([name, { id }]) => {
      const args = { eventId: id, domain: null };
      return { name, register: () => lanes.call(procedures.domainEventRegister, args, { signal }) };
    }),
    ...Object.entries(objectEvents).map(([name, event]) => {
      return { name, register: () => registerObjectEvent(lanes, event, signal) };
    }),
  ];
  const names = await mapLimited(calls, parallelCalls, async ({ name, register }) =>
    (await accepted(register)) === 'accepted' ? name : null,
  );
  return [first === 'accepted' ? 'lifecycle' : null, ...names].filter((name) => name !== null);
}

function registerObjectEvent(
  lanes: Lanes,
  { kind, id }: Pick<ObjectEvent<never>, 'kind' | 'id'>,
  signal: AbortSignal,
): Promise<unknown> {
  switch (kind) {
    case 'network':
      return lanes.call(procedures.networkEventRegister, { eventId: id, network: null }, { signal });
    case 'storagePool':
      return lanes.call(procedures.storagePoolEventRegister, { eventId: id, pool: null }, { signal });
    case 'nodeDevice':
      return lanes.call(procedures.nodeDeviceEventRegister, { eventId: id, device: null }, { signal });
    case 'secret':
      return lanes.call(procedures.secretEventRegister, { eventId: id, secret: null }, { signal });
    case 'domain':
      throw new RangeError('Events of domains are registered by themselves.');
    default:
      kind satisfies never;
      throw new RangeError(`There is no kind ${String(kind)}.`);
  }
}

async function accepted(register: () => Promise<unknown>): Promise<'accepted' | 'refused' | 'no such driver'> {
  try {
    await register();
    return 'accepted';
  } catch (error) {
    if (isLibvirtError(error, 'NO_SUPPORT')) return 'no such driver';
    if (isAnyLibvirtError(error)) return 'refused';
    throw error;
  }
}
