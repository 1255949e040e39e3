import type { Cursor } from '../../model/brands.ts';
import type { FleetObject } from '../objects.ts';
import type { Change } from './change.ts';
import type { PresentState } from './journal-entry.ts';

/** Each object is made into a change when the first reader gets there, and told to the next ones as it is. */
export function createPresentState(objects: readonly FleetObject[], cursor: Cursor, takenAt: number): PresentState {
  const changes: Change[] = [];

  function changeOf(object: FleetObject | undefined): Change {
    if (object === undefined) throw new Error('The present state was asked for an object that it does not have.');
    return {
      type: 'upserted',
      // Nobody can go on from the middle of a snapshot.
      cursor,
      observedAt: takenAt,
      origin: 'SNAPSHOT',
      object,
      previous: null,
      changedFields: null,
    };
  }

  return {
    length: objects.length,
    object: (index) => objects[index] ?? null,
    change(index) {
      const change = changes[index] ?? changeOf(objects[index]);
      changes[index] = change;
      return change;
    },
  };
}
