import type { Driver } from '../../drivers/driver.ts';
import { VirtgraphError } from '../../errors.ts';
import type { MacAddress } from '../../model/brands.ts';
import { type ActionHost, describeOwner, expectedDomain, isActive, writableDriver } from '../hosts/action-guards.ts';
import type { MacRegistry } from '../mac/mac-registry.ts';
import type { ChangePlan, DomainActions } from './action.ts';
import { describePlaces, devicePlaces, requirePlaces } from './interface-places.ts';
import { type MacTaker, macWarnings, otherOwners, requireGuestMac } from './mac-checks.ts';
import { readBack } from './read-back.ts';
import type { SendChange } from './send-change.ts';

/** What attaching needs of the registry; `keep` holds a reservation for as long as nobody knows what became of it. */
export type MacReservations = Pick<MacRegistry, 'owners' | 'propose' | 'reserve'> & {
  readonly keepForNow: (release: () => void) => void;
};

type AttachedTo = Parameters<DomainActions['attachInterface']>[0]['source'];

/** The prefix that QEMU and libvirt use for guests; locally administered. */
const guestOui = '52:54:00';

/** Adds a network card, with an address that is free across the fleet unless one is forced. */
export function createAttachInterface(
  host: (name: string) => ActionHost,
  macs: MacReservations,
  send: SendChange,
): DomainActions['attachInterface'] {
  return async (request) => {
    const { uuid, dryRun, force, source, model, signal } = request;
    const on = host(request.hostName);
    const driver = writableDriver(on);
    if (request.macAddress !== null) requireGuestMac(request.macAddress, on.name);
    const domain = await expectedDomain(on, uuid, request.expectedVersion, signal);
    const places = devicePlaces(request, { live: isActive(domain), persistent: domain.persistent });
    const taker: MacTaker = {
      hostName: on.name,
      // A second card with an address that the domain has already collides as any other.
      uuid: null,
      libvirtVersion: on.view().facts?.libvirtVersion ?? null,
    };

    // From here to the reservation nothing is awaited, so that two requests never get one address.
    const macAddress = request.macAddress ?? macs.propose(guestOui);
    if (request.macAddress !== null && !force) requireFree(macAddress, taker, macs);
    const warnings = [...sourceWarnings(on, driver, source), ...macWarnings(macAddress, taker, macs.owners)];
    const where = `${describePlaces(places)} of ${domain.name} on ${on.name}`;
    if (dryRun) {
      requirePlaces(domain, places);
      return { domain, macAddress, warnings, summary: `A network card with ${macAddress} would be added to ${where}.` };
    }
    const release = force ? () => {} : macs.reserve(macAddress);
    try {
      const plan: ChangePlan = {
        hostName: on.name,
        domainUuid: uuid,
        domainName: domain.name,
        goal: { want: 'CARD', macAddress, isThere: true, ...places },
        summary: `Whether a network card with ${macAddress} was added to ${where}.`,
      };
      await send(request, plan, () =>
        driver.attachInterface(uuid, { source, model, macAddress }, { signal, priority: 'mutation', ...places }),
      );
    } catch (error) {
      if (error instanceof VirtgraphError && error.detail.outcome === 'UNKNOWN') macs.keepForNow(release);
      else release();
      throw error;
    }
    const summary = `A network card with ${macAddress} was added to ${where}.`;
    const outcome = await readBack(on, uuid, signal, { summary, warnings });
    // Once it was read, the registry has it from the replica.
    const isSeen = macs.owners(macAddress).some((owner) => owner.hostName === on.name && owner.domainUuid === uuid);
    if (isSeen) release();
    else macs.keepForNow(release);
    return { ...outcome, macAddress };
  };
}

/** The host judges it in the end; a dry run, and who stores a card for later, would not hear of it. */
function sourceWarnings(on: ActionHost, driver: Driver, { kind, name }: AttachedTo): readonly string[] {
  if (kind === 'bridge' || !driver.capabilities.networks) return [];
  const network = on.networkByName(name);
  if (network === null) return [`${on.name} has no network ${JSON.stringify(name)}, as far as is known.`];
  return network.active ? [] : [`The network ${JSON.stringify(name)} of ${on.name} is not active.`];
}

/** @throws CONFLICT, naming the owner */
function requireFree(mac: MacAddress, taker: MacTaker, macs: MacReservations) {
  const [owner, ...others] = otherOwners(mac, taker, macs.owners);
  if (!owner) return;
  const more = others.length === 0 ? '' : ` and of ${others.length} more`;
  throw new VirtgraphError('CONFLICT', `${mac} is taken: it is the address of ${describeOwner(owner)}${more}.`, {
    host: taker.hostName,
    outcome: 'NOT_SENT',
    remedy: 'Choose another address, leave it out to have one allocated, or force it.',
  });
}
