import type { Import } from './imports.ts';

/** One vendor, one door: the file, or at most the two, that may import a package. To replace the vendor is to touch these. */
export type Doors = Readonly<Record<string, readonly [string] | readonly [string, string]>>;

/** The language that whole rooms speak has rooms rather than doors. */
export type Languages = Readonly<Record<string, readonly string[]>>;

/** Every import of a package that is not by its door, and every package without one, in words. */
export function doorViolations(imports: readonly Import[], doors: Doors, languages: Languages): string[] {
  return imports
    .filter(({ isPackage, target }) => isPackage && !target.startsWith('node:'))
    .flatMap(({ file, target }) => {
      const rooms = languages[target];
      if (rooms !== undefined) {
        return rooms.some((room) => file.startsWith(`${room}/`))
          ? []
          : [`${file} imports ${target}, spoken in ${rooms.join(' and ')}`];
      }
      const allowed: readonly string[] | undefined = doors[target];
      if (allowed === undefined) return [`${file} imports ${target}, which has no door: list it in the doors`];
      return allowed.includes(file) ? [] : [`${file} imports ${target}, whose door is ${allowed.join(' and ')}`];
    });
}

/** Doors that lead nowhere: a listed file that does not import its package. */
export function unusedDoors(imports: readonly Import[], doors: Doors): string[] {
  return Object.entries(doors).flatMap(([target, files]) =>
    files
      .filter((file) => !imports.some((each) => each.file === file && each.target === target))
      .map((file) => `${file} does not import ${target}`),
  );
}
