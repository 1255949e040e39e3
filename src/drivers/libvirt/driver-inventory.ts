/** Which domains a host has, and one of them whole. */
import type { Uuid } from '../../model/brands.ts';
import type { DomainMoment, DomainSnapshot, DomainStatus } from '../../model/domain.ts';
import type { HostCapabilities } from '../../model/host.ts';
import type { StatsRow } from '../../model/stats-columns.ts';
import type { CallOptions, Driver, ReadDomainOptions } from '../driver.ts';
import { allStatesDeadlineMs } from './deadlines.ts';
import type { DomainRefs } from './domain-refs.ts';
import { domainStateNames } from './domain-states.ts';
import { isAnyLibvirtError, isLibvirtError, isTimeout, orNull } from './errors.ts';
import { createFilteredLists } from './filtered-lists.ts';
import type { GuestHealth } from './guests/guest-health.ts';
import { readHostXml } from './host-xml.ts';
import type { LaneCallOptions, Lanes } from './lanes.ts';
import { mapLimited } from './map-limited.ts';
import type { DomainRef } from './rpc/objects.ts';
import { procedures } from './rpc/procedures.ts';
import { xmlFlags } from './rpc/procedures-domain.ts';
import { namedBulkStats } from './stats/stats-decoder.ts';
import { statsMasks } from './stats/stats-groups.ts';
import { parseDomainConfig, readDomainConfig } from './xml/domain.ts';
import { attr, integer } from './xml/navigate.ts';
import { runningId } from './xml/running-id.ts';
import { parseXml } from './xml/tree.ts';
import { configVersion, versionOf } from './xml/version.ts';

type Inventory = Pick<Driver, 'listDomains' | 'readDomain' | 'findDomain' | 'readDomainXml' | 'inspectDomainXml'>;
type StateNames = Pick<DomainStatus, 'state' | 'stateReason'>;

/** As many calls of one list at once as the daemon serves of one connection. */
const parallelCalls = 4;

function toldState(row: StatsRow | undefined): StateNames | null {
  const { state = null, stateReason = null } = row ?? {};
  return state === null || stateReason === null ? null : { state, stateReason };
}

export function inventoryVerbs(
  lanes: Lanes,
  refs: DomainRefs,
  health: Pick<GuestHealth, 'readMonitor'>,
  capabilities: HostCapabilities,
): Inventory {
  const isListed = createFilteredLists(lanes, () => refs.size());
  let hadNone = false;

  /**
   * All domains with their states in one call; `null` where that is not to be had. The daemon keeps no workers free for
   * this call, as it does for those about one domain: when stuck guests hold all others it hangs, and must not hang often.
   */
  async function listWithStates(options: CallOptions) {
    const controlIsHeld = lanes
      .link()
      .lanes.some(({ name, callsAbandoned }) => name === 'control' && callsAbandoned > 0);
    if (!capabilities.bulkStats || controlIsHeld) return null;
    try {
      // Asking for the state alone enters no guest's monitor.
      const args = { domains: [], stats: statsMasks.state, flags: 0 };
      return await lanes.call(namedBulkStats, args, { ...options, lane: 'control', deadlineMs: allStatesDeadlineMs });
    } catch (error) {
      if (isAnyLibvirtError(error) || (isTimeout(error) && !options.signal.aborted)) return null;
      throw error;
    }
  }

  async function listWithoutStates(options: CallOptions) {
    const all = { needResults: true, flags: 0 };
    return { domains: (await lanes.call(procedures.connectListAllDomains, all, options)).domains, rows: [] };
  }

  async function readState(domain: DomainRef, options: CallOptions): Promise<StateNames> {
    const { state, reason } = await lanes.call(procedures.domainGetState, { domain, flags: 0 }, options);
    return domainStateNames(state, reason);
  }

  async function isPersistent(domain: DomainRef, options: LaneCallOptions): Promise<boolean> {
    const answer = await orNull(lanes.call(procedures.domainIsPersistent, { domain }, options), 'NO_DOMAIN');
    // A driver that does not know the notion keeps what it has.
    return answer?.persistent ?? true;
  }

  /** Without the guest's turn: it does not enter the monitor, and must be had of a guest whose monitor hangs. */
  const readXml = async (uuid: Uuid, flags: number, options: CallOptions) =>
    (await refs.call(procedures.domainGetXmlDesc, uuid, { flags }, { ...options, guest: null })).xml;

  async function readMoment(
    before: DomainRef,
    onMoment: ReadDomainOptions['onMoment'],
    options: CallOptions,
  ): Promise<DomainMoment & Pick<DomainStatus, 'name'>> {
    const [{ id, uuid, name }, state] = await Promise.all([
      refs.lookUp(before.uuid, options),
      readState(before, options),
    ]);
    const moment = { uuid, name, libvirtId: id >= 0 ? id : null, ...state };
    onMoment?.(moment);
    return moment;
  }

  async function readStatus(
    before: DomainRef,
    onMoment: ReadDomainOptions['onMoment'],
    options: CallOptions,
  ): Promise<DomainStatus> {
    const [moment, persistent, autostart, managedSave] = await Promise.all([
      readMoment(before, onMoment, options),
      // On the lane of the XML, so that each of the two has its four calls, and all come in one round trip.
      isPersistent(before, { ...options, lane: 'work' }),
      orNull(lanes.call(procedures.domainGetAutostart, { domain: before }, options), 'NO_DOMAIN'),
      orNull(lanes.call(procedures.domainHasManagedSaveImage, { domain: before, flags: 0 }, options), 'NO_DOMAIN'),
    ]);
    return {
      ...moment,
      persistent,
      autostart: autostart?.autostart ?? null,
      hasManagedSave: managedSave?.result ?? null,
    };
  }

  /** What it is made of comes by several calls, between which a guest may start or stop: then it is torn. */
  async function readOnce(
    uuid: Uuid,
    { listed, known, onMoment, ...options }: ReadDomainOptions,
  ): Promise<{ readonly snapshot: DomainSnapshot; readonly isTorn: boolean }> {
    const before = await refs.find(uuid, options);
    const probablyActive = before.id >= 0;
    const [status, xml, earlyInactiveXml, monitor] = await Promise.all([
      listed ?? readStatus(before, onMoment, options),
      readXml(uuid, 0, options),
      // Asked for on the guess that it still runs, to spare a round trip.
      probablyActive ? readXml(uuid, xmlFlags.INACTIVE, options) : null,
      probablyActive ? health.readMonitor(before, options) : null,
    ]);
    const active = status.libvirtId !== null;
    const startsWith =
      active && status.persistent ? (earlyInactiveXml ?? (await readXml(uuid, xmlFlags.INACTIVE, options))) : null;
    const inactiveXml = startsWith === xml ? null : startsWith;
    const { config, version, xmlId } = known?.isOf(xml, inactiveXml)
      ? { config: known.config, version: known.version, xmlId: runningId(xml) }
      : parse(xml, startsWith);
    const snapshot = { status, config, xml, inactiveXml, version, monitor: active ? monitor : null };
    return { snapshot, isTorn: xmlId !== status.libvirtId };
  }

  /** By far the most of what a read costs us. */
  function parse(xml: string, startsWith: string | null) {
    const { root } = readHostXml(parseXml, xml);
    return {
      config: readHostXml(() => readDomainConfig(root), xml),
      version: startsWith === null ? versionOf(root) : readHostXml(configVersion, startsWith),
      xmlId: integer(attr(root, 'id')),
    };
  }

  return {
    inspectDomainXml: parseDomainConfig,

    async listDomains(options) {
      // It had none when it was last listed, and most likely has none now: then no other list has anything to tell.
      if (hadNone && (await listWithStates(options))?.domains.length === 0) {
        refs.replaceAll([]);
        return [];
      }
      const [{ domains, rows }, isPersistentOf, isAutostarted, isSaved] = await Promise.all([
        listWithStates(options).then((list) => list ?? listWithoutStates(options)),
        isListed.persistent(options),
        isListed.autostart(options),
        isListed.managedSave(options),
      ]);
      refs.replaceAll(domains);
      hadNone = domains.length === 0;

      const statusOf = ({ uuid, name, id }: DomainRef, { state, stateReason }: StateNames, persistent: boolean) => ({
        uuid,
        name,
        libvirtId: id >= 0 ? id : null,
        state,
        stateReason,
        persistent,
        autostart: isAutostarted && isAutostarted(uuid),
        hasManagedSave: isSaved && isSaved(uuid),
      });

      /** What the lists did not tell of it is asked; `null`: it is gone. */
      async function ask(domain: DomainRef, told: StateNames | null): Promise<DomainStatus | null> {
        try {
          const persistent = isPersistentOf ? isPersistentOf(domain.uuid) : await isPersistent(domain, options);
          return statusOf(domain, told ?? (await readState(domain, options)), persistent);
        } catch (error) {
          if (isLibvirtError(error, 'NO_DOMAIN')) return null;
          throw error;
        }
      }

      const statuses: (DomainStatus | null)[] = [];
      const unknown: number[] = [];
      for (const [index, domain] of domains.entries()) {
        const told = toldState(rows[index]);
        if (told && isPersistentOf) statuses[index] = statusOf(domain, told, isPersistentOf(domain.uuid));
        else unknown.push(index);
      }
      await mapLimited(unknown, parallelCalls, async (index) => {
        const domain = domains[index];
        statuses[index] = domain ? await ask(domain, toldState(rows[index])) : null;
      });
      return statuses.filter((status) => status !== null);
    },

    async readDomain(uuid, options) {
      const read = await readOnce(uuid, options);
      // Read once more; should it move again meanwhile, its event will have it read anew.
      const { signal, priority } = options;
      return read.isTorn ? (await readOnce(uuid, { signal, ...(priority && { priority }) })).snapshot : read.snapshot;
    },

    async findDomain(name, options) {
      return (await refs.lookUpName(name, options)).uuid;
    },

    readDomainXml: (uuid, options) => readXml(uuid, options.inactive ? xmlFlags.INACTIVE : 0, options),
  };
}
