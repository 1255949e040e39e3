import type { Uuid } from '../../../model/brands.ts';
import { domainLifecycleNumber } from '../rpc/event-names.ts';
import type { DomainRef } from '../rpc/objects.ts';
import { type Definition, readDefinition } from './definition.ts';
import { failure } from './failure.ts';
import { isActive, refOf, type SimDomain, type SimHost, states } from './host.ts';
import { noJobs } from './jobs.ts';

/** The domain that a call names; libvirt goes by the UUID alone. */
export function findDomain(host: SimHost, { uuid, name }: DomainRef): SimDomain {
  const domain = host.domains.get(uuid);
  if (!domain) throw failure('NO_DOMAIN', host.personality.source, `no domain with matching uuid '${uuid}' (${name})`);
  return domain;
}

export function lookupUuid(host: SimHost, uuid: Uuid): SimDomain {
  const domain = host.domains.get(uuid);
  if (!domain) throw failure('NO_DOMAIN', host.personality.source, `no domain with matching uuid '${uuid}'`);
  return domain;
}

export function lookupName(host: SimHost, name: string): SimDomain {
  const uuid = host.uuidByName.get(name);
  const domain = uuid === undefined ? undefined : host.domains.get(uuid);
  if (!domain) throw failure('NO_DOMAIN', host.personality.source, `no domain with matching name '${name}'`);
  return domain;
}

/** Defines a domain, or gives one that is there another configuration for its next start. */
export function defineDomain(host: SimHost, xml: string, options: { readonly validate: boolean }): SimDomain {
  const { personality, random } = host;
  const definition = readDefinition(xml, { personality, random, validate: options.validate });
  const known = host.domains.get(definition.uuid);
  if (known && known.name !== definition.name) {
    throw failure('OPERATION_FAILED', 'DOMAIN', `domain '${known.name}' is already defined with uuid ${known.uuid}`);
  }
  const sameName = host.uuidByName.get(definition.name);
  if (sameName !== undefined && sameName !== definition.uuid) {
    throw failure('OPERATION_FAILED', 'DOMAIN', `domain '${definition.name}' already exists with uuid ${sameName}`);
  }

  const domain = known ?? addDefined(host, definition);
  domain.inactive = definition.root;
  tellLifecycle(host, domain, 'defined', known ? 1 : 0);
  return domain;
}

/** Puts a domain there that was checked before and that nobody has yet; tells nobody. */
export function addDefined(host: SimHost, { uuid, name, root }: Definition): SimDomain {
  const domain: SimDomain = {
    uuid,
    name,
    inactive: root,
    live: null,
    libvirtId: -1,
    state: states.SHUTOFF,
    reason: 0,
    autostart: false,
    hasManagedSave: false,
    ranMs: 0,
    runningSince: null,
    stuck: null,
    cancelPending: null,
    jobs: noJobs(),
  };
  host.domains.set(uuid, domain);
  host.uuidByName.set(name, uuid);
  return domain;
}

/** `VIR_DOMAIN_UNDEFINE_MANAGED_SAVE`. */
const undefineManagedSave = 1;

/** A running domain becomes transient; one that is not is gone. */
export function undefineDomain(host: SimHost, domain: SimDomain, flags: number): void {
  const { source } = host.personality;
  if (domain.inactive === null) throw failure('OPERATION_INVALID', source, 'cannot undefine transient domain');
  if (domain.hasManagedSave && (flags & undefineManagedSave) === 0) {
    throw failure('OPERATION_INVALID', source, 'Refusing to undefine while domain managed save image exists');
  }
  domain.inactive = null;
  domain.autostart = false;
  domain.hasManagedSave = false;
  tellLifecycle(host, domain, 'undefined', 0);
  if (!isActive(domain)) removeDomain(host, domain);
}

export function removeDomain(host: SimHost, domain: SimDomain): void {
  host.domains.delete(domain.uuid);
  host.uuidByName.delete(domain.name);
}

export function setAutostart(host: SimHost, domain: SimDomain, autostart: boolean): void {
  if (domain.inactive === null) {
    throw failure('OPERATION_INVALID', host.personality.source, 'cannot set autostart for transient domain');
  }
  domain.autostart = autostart;
}

/** `detail` is the number that libvirt-domain.h gives the particulars of that event. */
export function tellLifecycle(
  host: SimHost,
  domain: SimDomain,
  event: Parameters<typeof domainLifecycleNumber>[0],
  detail: number,
): void {
  host.events.domain('lifecycle', refOf(domain), { event: domainLifecycleNumber(event), detail });
}
