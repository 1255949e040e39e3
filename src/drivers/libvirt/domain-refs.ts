/**
 * libvirt's calls name a domain by name, UUID and id together. The daemon finds it by the UUID;
 * the name is for its messages and for drivers that are less careful, so we remember it.
 */
import type { Uuid } from '../../model/brands.ts';
import type { CallOptions } from '../driver.ts';
import { isLibvirtError } from './errors.ts';
import type { GuestHealth } from './guests/guest-health.ts';
import type { LaneCallOptions, Lanes } from './lanes.ts';
import type { DomainRef } from './rpc/objects.ts';
import type { Procedure } from './rpc/procedure.ts';
import { procedures } from './rpc/procedures.ts';

export type DomainRefs = {
  /** What was last seen of it, else a look-up; `NOT_FOUND`. */
  find(uuid: Uuid, options: CallOptions): Promise<DomainRef>;
  lookUp(uuid: Uuid, options: CallOptions): Promise<DomainRef>;
  lookUpName(name: string, options: CallOptions): Promise<DomainRef>;
  /** Takes a whole list: what is not in it is forgotten. */
  replaceAll(refs: readonly DomainRef[]): void;
  forget(uuid: Uuid): void;
  /** How many are remembered. */
  size(): number;
  /** A call about one domain. A domain that turns out to be gone is forgotten. */
  call<A, R>(
    procedure: Procedure<A & { readonly domain: DomainRef }, R>,
    uuid: Uuid,
    args: A,
    options: LaneCallOptions,
  ): Promise<R>;
};

export function createDomainRefs(lanes: Lanes, health: Pick<GuestHealth, 'mayAsk' | 'watch'>): DomainRefs {
  let known = new Map<Uuid, DomainRef>();

  const remember = ({ domain }: { readonly domain: DomainRef }) => {
    known.set(domain.uuid, domain);
    return domain;
  };
  const refs: DomainRefs = {
    async find(uuid, options) {
      return known.get(uuid) ?? (await refs.lookUp(uuid, options));
    },
    async lookUp(uuid, options) {
      return remember(await lanes.call(procedures.domainLookupByUuid, { uuid }, options));
    },
    async lookUpName(name, options) {
      return remember(await lanes.call(procedures.domainLookupByName, { name }, options));
    },
    replaceAll(list) {
      known = new Map(list.map((ref) => [ref.uuid, ref]));
    },
    forget: (uuid) => known.delete(uuid),
    size: () => known.size,
    async call(procedure, uuid, args, options) {
      const domain = await refs.find(uuid, options);
      try {
        // All changes to guests that may hang share two places of their lane: the others are for those who can answer.
        const turn = procedure.mutating && !health.mayAsk(uuid) ? { turn: 'stuck guests' } : {};
        const call = lanes.call(procedure, { ...args, domain }, { guest: uuid, ...turn, ...options });
        return await health.watch(domain, call);
      } catch (error) {
        if (isLibvirtError(error, 'NO_DOMAIN')) known.delete(uuid);
        throw error;
      }
    },
  };
  return refs;
}
