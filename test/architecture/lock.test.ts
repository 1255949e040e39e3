import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './imports.ts';

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The paths at which Node would look for a package, nearest first. */
function placesOf(name: string, from: string): string[] {
  const places = [`${from === '' ? '' : `${from}/`}node_modules/${name}`];
  const parent = from.lastIndexOf('/node_modules/');
  if (from !== '') places.push(...placesOf(name, parent < 0 ? '' : from.slice(0, parent)));
  return places;
}

function missingFromLock(packages: Readonly<Record<string, LockedPackage>>): string[] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !placesOf(name, path).some((place) => place in packages)),
  );
}

// `npm install` leaves out what its registry could not give at that moment, and `npm ci` then refuses the whole file on
// every other machine.
test('package-lock.json knows the packages of every platform, not only of the one it was written on', () => {
  const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  );
  expect(missingFromLock(lock.packages)).toEqual([]);
});

test('a package that is missing from a lock file is found, and one in an outer folder is not missed', () => {
  const nested = { optionalDependencies: { here: '1.0.0', outside: '1.0.0', gone: '1.0.0' } };
  const packages = {
    'node_modules/a/node_modules/b': nested,
    'node_modules/a/node_modules/b/node_modules/here': {},
    'node_modules/outside': {},
  };
  expect(missingFromLock(packages)).toEqual(['gone']);
});
