import { VirtgraphError } from '../../errors.ts';
import { invalidState, isActive } from '../hosts/action-guards.ts';
import type { DomainRecord } from '../objects.ts';

/** Where a device is changed: in the running guest, in what it starts with next time, or both. */
export type DevicePlaces = { readonly live: boolean; readonly persistent: boolean };

/** What was asked for, and what fits the domain where nothing was. @throws BAD_USER_INPUT when that is nowhere. */
export function devicePlaces(
  asked: { readonly live: boolean | null; readonly persistent: boolean | null },
  fitting: DevicePlaces,
): DevicePlaces {
  const live = asked.live ?? fitting.live;
  const persistent = asked.persistent ?? fitting.persistent;
  if (!live && !persistent) {
    throw new VirtgraphError('BAD_USER_INPUT', 'Neither `live` nor `persistent`: there is nothing to change.', {
      outcome: 'NOT_SENT',
    });
  }
  return { live, persistent };
}

/** For a dry run. @throws INVALID_STATE */
export function requirePlaces(domain: DomainRecord, { live, persistent }: DevicePlaces) {
  if (live && !isActive(domain)) throw invalidState(domain, 'is not running');
  if (persistent && !domain.persistent) throw invalidState(domain, 'has no stored configuration');
}

/** "the running guest", "the stored configuration", or both: what " of NAME" follows. */
export function describePlaces({ live, persistent }: DevicePlaces): string {
  if (live && persistent) return 'the running guest and the stored configuration';
  return live ? 'the running guest' : 'the stored configuration';
}
