import type { Clock } from '../../clock.ts';
import { VirtgraphError } from '../../errors.ts';
import type { MacAddress } from '../../model/brands.ts';
import { type ActionHost, expectedDomain, isActive, writableDriver } from '../hosts/action-guards.ts';
import type { DomainRecord } from '../objects.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { ActionOutcome, ChangePlan, DomainActions } from './action.ts';
import { type DevicePlaces, describePlaces, devicePlaces, requirePlaces } from './interface-places.ts';
import { readBack } from './read-back.ts';
import type { SendChange } from './send-change.ts';

type DetachRequest = Parameters<DomainActions['detachInterface']>[0];

type Surroundings = {
  readonly host: (name: string) => ActionHost;
  readonly send: SendChange;
  readonly tasks: Pick<Tasks, 'begin'>;
  readonly clock: Clock;
};

/** How long a guest is waited for. One without a system in it that knows of such cards never lets go. */
const waitMs = 300_000;

/** Its requests @throw NOT_FOUND when no card of the domain has the address. */
export function createDetachInterface(surroundings: Surroundings): DomainActions['detachInterface'] {
  return (request) => detachInterface(surroundings.host(request.hostName), request, surroundings);
}

/** An address is all that a card is named by. @throws CONFLICT */
function requireOneCard(domain: DomainRecord, macAddress: MacAddress, { live, persistent }: DevicePlaces) {
  const count = (cards: DomainRecord['storedInterfaces']) =>
    cards.filter((nic) => nic.macAddress === macAddress).length;
  const most = Math.max(live ? count(domain.config.interfaces) : 0, persistent ? count(domain.storedInterfaces) : 0);
  if (most <= 1) return;
  throw new VirtgraphError(
    'CONFLICT',
    `${domain.name} on ${domain.hostName} has ${most} network cards with ${macAddress}: which one is meant cannot be told.`,
    {
      host: domain.hostName,
      outcome: 'NOT_SENT',
      remedy: 'Read `xml(inactive: true)`, take the card out of it, and give that to `defineDomain`.',
    },
  );
}

async function detachInterface(
  on: ActionHost,
  request: DetachRequest,
  { send, tasks, clock }: Surroundings,
): Promise<ActionOutcome> {
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
  requireOneCard(domain, macAddress, places);
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
  const task = tasks.begin({
    ...plan,
    taskKind: 'DETACH_INTERFACE',
    summary: `${domain.name} on ${on.name} lets go of the network card with ${macAddress}.`,
    cancellable: true,
    deadlineAt: clock.now() + waitMs,
  });
  return {
    ...outcome,
    task,
    warnings: [...outcome.warnings, 'The guest has not let go of it yet; a change follows when it has.'],
  };
}
