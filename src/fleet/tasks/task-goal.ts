import type { MacAddress } from '../../model/brands.ts';
import type { TaskGoal } from '../../model/task.ts';
import { isActive } from '../hosts/action-guards.ts';
import type { DomainRecord } from '../objects.ts';

/** `CANNOT_TELL`: the domain would look the same either way. */
export type GoalVerdict = 'REACHED' | 'NOT_REACHED' | 'CANNOT_TELL';

/** Whether a change took effect, by the domain as it is; `null`: its host does not have it. */
export function judgeGoal(goal: TaskGoal, domain: DomainRecord | null): GoalVerdict {
  switch (goal.want) {
    case 'OFF':
      if (domain === null || !isActive(domain) || domain.libvirtId !== goal.libvirtId) return 'REACHED';
      return goal.byGuest ? 'CANNOT_TELL' : 'NOT_REACHED';
    case 'ACTIVE':
      return verdict(domain !== null && isActive(domain) && !isStartingUp(domain));
    case 'PAUSED':
      return verdict(domain?.state === 'PAUSED');
    case 'RUNNING':
      return verdict(domain?.state === 'RUNNING' || domain?.state === 'BLOCKED');
    case 'REBOOTED':
      if (domain === null || !isActive(domain)) return 'NOT_REACHED';
      return domain.libvirtId === goal.libvirtId ? 'CANNOT_TELL' : 'REACHED';
    case 'STORED':
      if (domain === null || !domain.persistent) return 'NOT_REACHED';
      // The same again would leave the version as it was.
      return domain.version === goal.version ? 'CANNOT_TELL' : 'REACHED';
    case 'NOT_STORED':
      return verdict(domain === null || !domain.persistent);
    case 'AUTOSTART':
      return verdict(domain?.autostart === goal.autostart);
    case 'CARD':
      return verdict(domain !== null && isCardAsWanted(goal, domain));
    case 'JOB_OVER':
    case 'DONE_HERE':
    case 'NOTHING_VISIBLE':
      return 'CANNOT_TELL';
    default:
      return goal satisfies never;
  }
}

/** It has a process, and may still fail to start; until then libvirt has it as paused. */
function isStartingUp({ state, stateReason }: DomainRecord): boolean {
  return state === 'PAUSED' && stateReason === 'starting up';
}

function isCardAsWanted(
  { macAddress, isThere, live, persistent }: Extract<TaskGoal, { want: 'CARD' }>,
  domain: DomainRecord,
): boolean {
  const has = (cards: readonly { readonly macAddress: MacAddress }[]) =>
    cards.some((card) => card.macAddress === macAddress);
  // What is off has let go of everything; its configuration is the stored one.
  const isLiveAsWanted = isActive(domain) ? has(domain.config.interfaces) === isThere : !isThere;
  return (!live || isLiveAsWanted) && (!persistent || has(domain.storedInterfaces) === isThere);
}

function verdict(isReached: boolean): GoalVerdict {
  return isReached ? 'REACHED' : 'NOT_REACHED';
}
