import { VirtgraphError } from '../../errors.ts';
import type { MacAddress } from '../../model/brands.ts';
import type { DomainInterface } from '../../model/domain.ts';
import type { NamedSegment } from '../../model/segment.ts';
import { allocateMac } from '../../net/allocate.ts';
import { findMacConflicts, type NicRecord } from '../../net/conflicts.ts';
import { createSegmentMap, segmentOf } from '../../net/segment.ts';
import { deriveTapMac, tapOf } from '../../net/tap.ts';
import type { DomainRecord, NetworkRecord } from '../objects.ts';
import { MacHolders } from './mac-holders.ts';
import type { MacConflict, MacOwnerRef, NicTap } from './mac-owners.ts';

export type { MacConflict, MacOwnerRef };

/** What the registry must know of a host beyond its domains. */
export type MacSurroundings = {
  readonly isSessionDaemon: (hostName: string) => boolean;
  readonly network: (hostName: string, networkName: string) => NetworkRecord | null;
  /** The same object for as long as the host has the same networks, and never one that it was before. */
  readonly networksMark: (hostName: string) => object | null;
  readonly domainsOn: (hostName: string) => Iterable<DomainRecord>;
  /** At least one. */
  readonly randomBytes: (count: number) => Uint8Array;
};

/** Every guest MAC and every tap MAC of the fleet, also of guests that are off. Kept from changes, never from a host. */
export type MacRegistry = {
  /** A domain was read (`previous` null), changed, or is gone (`next` null). */
  readonly replaceDomain: (previous: DomainRecord | null, next: DomainRecord | null) => void;
  /** The segments of its guests follow from a host's networks. */
  readonly networkChanged: (hostName: string) => void;

  readonly owners: (mac: MacAddress) => readonly MacOwnerRef[];
  readonly conflicts: (hostName: string | null) => readonly MacConflict[];
  readonly tap: (domain: DomainRecord, nic: DomainInterface) => NicTap;
  /** See `MacView`. */
  readonly tapBasis: (hostName: string) => object;
  /** Neither a guest nor a tap has it or its own tap address, and nobody has reserved it. */
  readonly isFree: (mac: MacAddress) => boolean;
  readonly isReserved: (mac: MacAddress) => boolean;
  /** A free address; not reserved. */
  readonly propose: (oui: string) => MacAddress;
  /**
   * Keeps `mac` from being proposed or reserved again until the returned function is called (once is enough, twice does no harm).
   * @throws CONFLICT when somebody else is about to use it.
   */
  readonly reserve: (mac: MacAddress) => () => void;
};

export function createMacRegistry(surroundings: MacSurroundings, segments: readonly NamedSegment[]): MacRegistry {
  const segmentMap = createSegmentMap(segments);
  const nicsByDomain = new Map<string, readonly NicRecord[]>();
  const guests = new MacHolders();
  const taps = new MacHolders();
  /** How many hold each: two cards may need the same tap address. */
  const reserved = new Map<MacAddress, number>();
  /** By host. */
  const tapBases = new Map<string, { readonly session: boolean; readonly networks: object | null }>();
  let knownConflicts: readonly MacConflict[] | null = null;

  function networkOf(hostName: string, nic: DomainInterface): NetworkRecord | null {
    return nic.type === 'network' && nic.source !== null ? surroundings.network(hostName, nic.source) : null;
  }

  function tap(domain: DomainRecord, nic: DomainInterface): NicTap {
    return tapOf(nic.macAddress, {
      interface: nic,
      hypervisor: domain.config.hypervisor,
      session: surroundings.isSessionDaemon(domain.hostName),
      network: networkOf(domain.hostName, nic),
    });
  }

  function nicsOf(domain: DomainRecord): readonly NicRecord[] {
    const record = (nic: DomainInterface, nicIndex: number, active: boolean): NicRecord => ({
      host: domain.hostName,
      domainUuid: domain.uuid,
      domainName: domain.name,
      nicIndex,
      mac: nic.macAddress,
      tapMac: tap(domain, nic).tapMac,
      segment: segmentOf(domain.hostName, nic, networkOf(domain.hostName, nic)?.bridge ?? null, segmentMap),
      active,
    });
    const present = domain.config.interfaces;
    const stored = domain.storedInterfaces.filter(
      (nic) => !present.some((other) => other.macAddress === nic.macAddress),
    );
    return [
      ...present.map((nic, index) => record(nic, index, domain.libvirtId !== null)),
      ...stored.map((nic, index) => record(nic, present.length + index, false)),
    ];
  }

  function replaceNics(key: string, next: readonly NicRecord[]) {
    for (const nic of nicsByDomain.get(key) ?? []) {
      guests.remove(nic.mac, nic);
      if (nic.tapMac !== null) taps.remove(nic.tapMac, nic);
    }
    if (next.length === 0) nicsByDomain.delete(key);
    else nicsByDomain.set(key, next);
    for (const nic of next) {
      guests.add(nic.mac, nic);
      if (nic.tapMac !== null) taps.add(nic.tapMac, nic);
    }
    knownConflicts = null;
  }

  const isTaken = (mac: MacAddress) => guests.has(mac) || taps.has(mac) || reserved.has(mac);

  function isFree(mac: MacAddress): boolean {
    return !isTaken(mac) && !isTaken(deriveTapMac(mac));
  }

  return {
    replaceDomain(previous, next) {
      const subject = next ?? previous;
      if (subject === null) return;
      // Most changes are of states: those that leave the cards and the notion of "running" alone cost nothing here.
      if (previous !== null && next !== null && hasSameNics(previous, next)) return;
      replaceNics(`${subject.hostName}/${subject.uuid}`, next === null ? [] : nicsOf(next));
    },
    networkChanged(hostName) {
      for (const domain of surroundings.domainsOn(hostName)) {
        replaceNics(`${hostName}/${domain.uuid}`, nicsOf(domain));
      }
    },
    owners(mac) {
      const of = (nics: readonly NicRecord[], role: MacOwnerRef['role']) => nics.map((nic) => ownerOf(nic, role));
      return [...of(guests.of(mac), 'GUEST'), ...of(taps.of(mac), 'TAP')];
    },
    conflicts(hostName) {
      knownConflicts ??= findMacConflicts([...nicsByDomain.values()].flat()).map((conflict) => ({
        kind: conflict.kind,
        severity: conflict.severity,
        macAddress: conflict.mac,
        segment: conflict.segment,
        message: conflict.message,
        parties: conflict.parties.map((nic) => ownerOf(nic, nic.mac === conflict.mac ? 'GUEST' : 'TAP')),
      }));
      if (hostName === null) return knownConflicts;
      return knownConflicts.filter((conflict) => conflict.parties.some((party) => party.hostName === hostName));
    },
    tap,
    tapBasis(hostName) {
      const session = surroundings.isSessionDaemon(hostName);
      const networks = surroundings.networksMark(hostName);
      let basis = tapBases.get(hostName);
      if (basis?.session !== session || basis.networks !== networks) {
        basis = { session, networks };
        tapBases.set(hostName, basis);
      }
      return basis;
    },
    isFree,
    isReserved: (mac) => reserved.has(mac),
    propose: (oui) => allocateMac(oui, isTaken, surroundings.randomBytes).mac,
    reserve(mac) {
      if (reserved.has(mac)) {
        throw new VirtgraphError('CONFLICT', `${mac} is just being given to another network card.`, {
          outcome: 'NOT_SENT',
          retryable: true,
        });
      }
      // Its tap address too: nobody must be given a guest address that this card's tap is about to have.
      const held = [mac, deriveTapMac(mac)];
      for (const address of held) reserved.set(address, (reserved.get(address) ?? 0) + 1);
      return () => {
        for (const address of held.splice(0)) {
          const holders = (reserved.get(address) ?? 0) - 1;
          if (holders > 0) reserved.set(address, holders);
          else reserved.delete(address);
        }
      };
    },
  };
}

function hasSameNics(a: DomainRecord, b: DomainRecord): boolean {
  return (
    a.name === b.name &&
    a.config.interfaces === b.config.interfaces &&
    a.storedInterfaces === b.storedInterfaces &&
    (a.libvirtId === null) === (b.libvirtId === null)
  );
}

function ownerOf(nic: NicRecord, role: MacOwnerRef['role']): MacOwnerRef {
  return {
    hostName: nic.host,
    domainUuid: nic.domainUuid,
    domainName: nic.domainName,
    interfaceIndex: nic.nicIndex,
    role,
    active: nic.active,
  };
}
