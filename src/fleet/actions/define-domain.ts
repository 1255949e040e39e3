import { VirtgraphError, withDetail } from '../../errors.ts';
import type { DomainConfig } from '../../model/domain.ts';
import { type ActionHost, type MacOwners, writableDriver } from '../hosts/action-guards.ts';
import type { DomainRecord } from '../objects.ts';
import { changedConfigFields } from '../replica/changed-fields.ts';
import { unpackText } from '../replica/packed-text.ts';
import type { ActionOutcome, ChangePlan, DomainActions } from './action.ts';
import { addressWarnings, requireGuestMac } from './mac-checks.ts';
import { readBack } from './read-back.ts';
import type { SendChange } from './send-change.ts';

/** Defines or redefines. Addresses that collide are told, not refused: the definition may be meant for later. */
export function createDefineDomain(
  host: (name: string) => ActionHost,
  owners: MacOwners,
  send: SendChange,
): DomainActions['define'] {
  return async (request): Promise<ActionOutcome> => {
    const { hostName, xml, validate, dryRun, expectedVersion, signal } = request;
    const on = host(hostName);
    const driver = writableDriver(on);
    const config = driver.inspectDomainXml(xml);
    for (const { macAddress } of config.interfaces) requireGuestMac(macAddress, hostName);
    const present = await presentDomain(on, config, expectedVersion, signal);
    const warnings = addressWarnings(on, config, config.uuid, owners);
    if (dryRun) {
      requireDefinable(on, config, present);
      const isChecked = await driver.checkDomainXml(xml, { signal, priority: 'read' });
      return {
        domain: present,
        summary: dryRunSummary(on, config, present),
        warnings: isChecked ? warnings : [...warnings, cannotCheck(on)],
        // With what it starts with next time, since that is what a definition replaces.
        differences: present && driver.compareDomainXml(unpackText(present.inactiveXml ?? present.xml), xml),
      };
    }
    const verb = present === null ? 'was defined' : 'was redefined';
    const plan: ChangePlan = {
      hostName,
      domainUuid: config.uuid,
      domainName: config.name,
      goal: { want: 'STORED', version: present?.persistent ? present.version : null },
      summary: `Whether ${config.name} on ${on.name} ${verb}.`,
    };
    const define = () =>
      driver.defineDomain(xml, { signal, priority: 'mutation', validate }).catch(sayingHowToRedefine);
    const uuid = await send(request, plan, define);
    return readBack(on, uuid, signal, { summary: `${config.name} on ${on.name} ${verb}.`, warnings });
  };
}

/** The domain that would be redefined. @throws CONFLICT when it is not the one that was expected. */
async function presentDomain(
  on: ActionHost,
  config: DomainConfig,
  expectedVersion: string | null,
  signal: AbortSignal,
): Promise<DomainRecord | null> {
  if (config.uuid === null) return null;
  if (expectedVersion === null) return on.domain(config.uuid);
  const present = await on.readDomain(config.uuid, signal).catch((error: unknown) => {
    if (error instanceof VirtgraphError && error.code === 'NOT_FOUND') return null;
    throw error;
  });
  if (present?.version === expectedVersion) return present;
  const what = present === null ? 'does not exist any more' : `has the version ${present.version} now`;
  throw new VirtgraphError('CONFLICT', `${config.name} on ${on.name} ${what}, and ${expectedVersion} was expected.`, {
    host: on.name,
    outcome: 'NOT_SENT',
    remedy: 'Read it again, and decide anew.',
  });
}

const takenRemedy =
  'To redefine the domain that is there, give its name and its <uuid>; for another one, a name and a UUID that are free.';

/** libvirt's own rule: a name and a UUID belong together. */
function requireDefinable(on: ActionHost, config: DomainConfig, present: DomainRecord | null) {
  const namesake = on.domainByName(config.name);
  const inTheWay = namesake !== null && namesake.uuid !== config.uuid ? namesake : null;
  const other = inTheWay ?? (present !== null && present.name !== config.name ? present : null);
  if (other) {
    throw new VirtgraphError('CONFLICT', `${on.name} has ${other.name} with the UUID ${other.uuid} already.`, {
      host: on.name,
      outcome: 'NOT_SENT',
      remedy: takenRemedy,
    });
  }
}

/** Where libvirt itself has found that a name or a UUID is taken. */
function sayingHowToRedefine(error: unknown): never {
  const isTaken = error instanceof VirtgraphError && error.code === 'CONFLICT';
  throw isTaken ? withDetail(error, { remedy: takenRemedy }) : error;
}

function cannotCheck(on: ActionHost): string {
  return `${on.name} cannot say beforehand whether it would take this configuration.`;
}

function dryRunSummary(on: ActionHost, config: DomainConfig, present: DomainRecord | null): string {
  if (present === null) return `${config.name} would be defined on ${on.name}.`;
  const changed = changedConfigFields(present.config, config);
  const what = changed.length === 0 ? 'nothing that is shown here' : changed.join(', ');
  return `${config.name} on ${on.name} would be redefined; changes: ${what}.`;
}
