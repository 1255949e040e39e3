import { VirtgraphError } from '../errors.ts';
import { type ActionHost, expectedDomain, isActive, readBack, writableDriver } from './action-guards.ts';
import { describePlaces, devicePlaces, requirePlaces } from './interface-places.ts';
import type { SendChange } from './send-change.ts';
import type { ActionOutcome, ChangePlan, DomainActions } from './types.ts';

type DetachRequest = Parameters<DomainActions['detachInterface']>[0];

/** Its requests @throw NOT_FOUND when no card of the domain has the address. */
export function createDetachInterface(
  host: (name: string) => ActionHost,
  send: SendChange,
): DomainActions['detachInterface'] {
  return (request) => detachInterface(host(request.hostName), request, send);
}

async function detachInterface(on: ActionHost, request: DetachRequest, send: SendChange): Promise<ActionOutcome> {
  const { uuid, macAddress, dryRun, signal } = request;
  const driver = writableDriver(on);
  const domain = await expectedDomain(on, uuid, request.expectedVersion, signal);
  const isLive = isActive(domain) && domain.config.interfaces.some((nic) => nic.macAddress === macAddress);
  const isStored = domain.storedInterfaces.some((nic) => nic.macAddress === macAddress);
  if (!isLive && !isStored) {
    throw new VirtgraphError('NOT_FOUND', `${domain.name} on ${on.name} has no network card with ${macAddress}.`, {
      host: on.name,
      outcome: 'NOT_SENT',
    });
  }
  const places = devicePlaces(request, { live: isLive, persistent: isStored });
  const where = describePlaces(places);
  if (dryRun) {
    requirePlaces(domain, places);
    const summary = `The network card with ${macAddress} would be taken from ${where} of ${domain.name} on ${on.name}.`;
    return { domain, summary, warnings: [] };
  }
  const plan: ChangePlan = {
    hostName: on.name,
    domainUuid: uuid,
    domainName: domain.name,
    goal: { want: 'CARD', macAddress, isThere: false, ...places },
    summary: `Whether the network card with ${macAddress} was taken from ${domain.name} on ${on.name}.`,
  };
  await send(request, plan, () =>
    driver.detachInterface(uuid, macAddress, { signal, priority: 'mutation', ...places }),
  );
  const summary = `The network card with ${macAddress} was taken from ${where} of ${domain.name} on ${on.name}.`;
  const outcome = await readBack(on, uuid, signal, { summary });
  const remains = places.live && outcome.domain?.config.interfaces.some((nic) => nic.macAddress === macAddress);
  if (!remains) return outcome;
  return {
    ...outcome,
    warnings: [...outcome.warnings, 'The guest has not let go of it yet; a change follows when it has.'],
  };
}
