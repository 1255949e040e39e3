import type { FleetOptions } from '../../src/fleet/fleet.ts';
import { openFleet } from '../../src/fleet/fleet.ts';
import type { Change, ChangeFilter } from '../../src/fleet/journal/change.ts';
import type { Fleet } from '../../src/fleet/types.ts';
import { silentLog } from '../../src/log.ts';
import type { Cursor } from '../../src/model/brands.ts';
import type { HostTarget } from '../../src/model/target.ts';
import { createFakeClock, type FakeClock, settle } from '../support/fake-clock.ts';
import { type FakeHost, targetOf } from './fake-host.ts';

export type FleetUnderTest = { readonly fleet: Fleet; readonly clock: FakeClock };

/** A fleet over scripted hosts, in a time of its own, after all of them have had their first contact. */
export async function openTestFleet(
  hosts: readonly FakeHost[],
  options: Partial<FleetOptions> & { readonly target?: Partial<HostTarget> } = {},
): Promise<FleetUnderTest> {
  const clock = createFakeClock();
  const byName = new Map(hosts.map((host) => [host.name, host]));
  const fleet = openFleet({
    id: 'test',
    targets: hosts.map((host) => targetOf(host.name, options.target)),
    clock,
    log: silentLog,
    random: () => 0.5,
    openDriver(target, openOptions) {
      const host = byName.get(target.name);
      if (!host) return Promise.reject(new Error(`There is no scripted host ${target.name}.`));
      return host.open(target, openOptions);
    },
    ...options,
  });
  await settle();
  return { fleet, clock };
}

/** Gathers all that a stream has to tell, as it comes. */
export function gather<T>(stream: AsyncIterableIterator<T>): { readonly items: T[]; readonly isOver: () => boolean } {
  const items: T[] = [];
  let over = false;
  void (async () => {
    for await (const item of stream) items.push(item);
    over = true;
  })();
  return { items, isOver: () => over };
}

export function openChanges(
  fleet: Fleet,
  part: { filter?: ChangeFilter; after?: Cursor | null; snapshot?: 'IF_NEEDED' | 'ALWAYS' | 'NEVER' } = {},
): AsyncIterableIterator<Change> {
  return fleet.journal.open({
    filter: part.filter ?? {},
    after: part.after ?? null,
    snapshot: part.snapshot ?? 'IF_NEEDED',
  });
}

/** A change in a few words, for comparing. */
export function brief(change: Change): string {
  switch (change.type) {
    case 'upserted': {
      const { object, origin, changedFields } = change;
      const what = object.kind === 'host' ? `${object.name}=${object.status}` : object.name;
      const state = object.kind === 'domain' ? `=${object.state}` : '';
      return `${origin} ${what}${state}${changedFields ? ` (${changedFields.join()})` : ''}`;
    }
    case 'deleted':
      return `${change.origin} -${change.ref.kind}`;
    case 'hostInterrupted':
    case 'hostResumed':
      return `${change.type} ${change.host.name}`;
    case 'lagged':
      return `lagged ${change.dropped}`;
    case 'resyncRequired':
      return `resyncRequired ${change.reason}`;
    case 'snapshotComplete':
    case 'bookmark':
      return change.type;
    default:
      return change satisfies never;
  }
}

/** The cursor of a change that has one. */
export function cursorOf(change: Change | undefined): Cursor {
  if (change === undefined || !('cursor' in change)) throw new Error(`No cursor in ${JSON.stringify(change)}.`);
  return change.cursor;
}

/** The same thing so many times. */
export function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}
