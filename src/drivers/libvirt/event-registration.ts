/** Asks a daemon to tell of everything that it can tell of. */

import { openDeadlineMs } from './deadlines.ts';
import { isAnyLibvirtError, isLibvirtError } from './errors.ts';
import type { LaneCallOptions, Lanes } from './lanes.ts';
import { domainEvents } from './rpc/events-domain.ts';
import { type ObjectEvent, objectEvents } from './rpc/events-objects.ts';
import { procedures } from './rpc/procedures.ts';

/**
 * Registers for every event; one that this daemon does not have is left out and the rest asked for. All of them go out
 * together: a few at a time, over SSH each is a packet and all of them are nine journeys to the host and back.
 * @returns the names of those accepted; `lifecycle` among them means that changes of domains are told
 */
export async function registerEvents(lanes: Lanes, signal: AbortSignal): Promise<readonly string[]> {
  const { lifecycle, ...others } = domainEvents;
  const first = await accepted(() =>
    lanes.call(procedures.domainEventRegister, { eventId: lifecycle.id, domain: null }, { signal }),
  );
  // The last of them is answered when all before it were.
  const options = { signal, inBurst: true, deadlineMs: openDeadlineMs };
  // A driver without domain events has none of them: no need to ask 27 times more.
  const asked = first === 'no such driver' ? [] : Object.entries(others);
  const calls = [
    ...asked.map(([name, { id }]) => {
      const args = { eventId: id, domain: null };
      return { name, register: () => lanes.call(procedures.domainEventRegister, args, options) };
    }),
    ...Object.entries(objectEvents).map(([name, event]) => {
      return { name, register: () => registerObjectEvent(lanes, event, options) };
    }),
  ];
  const names = await Promise.all(
    calls.map(async ({ name, register }) => ((await accepted(register)) === 'accepted' ? name : null)),
  );
  return [first === 'accepted' ? 'lifecycle' : null, ...names].filter((name) => name !== null);
}

function registerObjectEvent(
  lanes: Lanes,
  { kind, id }: Pick<ObjectEvent<never>, 'kind' | 'id'>,
  options: LaneCallOptions,
): Promise<unknown> {
  switch (kind) {
    case 'network':
      return lanes.call(procedures.networkEventRegister, { eventId: id, network: null }, options);
    case 'storagePool':
      return lanes.call(procedures.storagePoolEventRegister, { eventId: id, pool: null }, options);
    case 'nodeDevice':
      return lanes.call(procedures.nodeDeviceEventRegister, { eventId: id, device: null }, options);
    case 'secret':
      return lanes.call(procedures.secretEventRegister, { eventId: id, secret: null }, options);
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
