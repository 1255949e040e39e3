import type { Parent } from './access.ts';
import { keptPart } from './kept-part.ts';
import type { Run } from './run.ts';
import { type Words, wordsOf } from './words.ts';
import { type FieldWriter, leavesOf, requireObject, sourceOfField, stepsOf, type Writer, withLead } from './writers.ts';

/** Fewer are written as fast as they are found again. */
const fewestLeaves = 4;

/**
 * Writes objects of the fleet's own. What depends on the record alone (and on what is known of its host) is kept as text;
 * the rest is written anew.
 */
export function record(typeName: string, fields: readonly FieldWriter[]): Writer {
  const parts = partsOf(typeName, fields);
  const [first] = parts;
  return {
    selection: `${typeName}{${fields.map((field) => field.selection).join(' ')}}`,
    // Below another record, its host may be another one too.
    source: fields.some((field) => sourceOfField(field) !== 'record') ? 'fleet' : 'record',
    leaves: leavesOf(fields),
    write(value, run) {
      const parent = requireObject(value);
      for (const part of parts) part.write(parent, run);
    },
    walk: parts.some((part) => part.walk !== null)
      ? function* (value, run) {
          const parent = requireObject(value);
          for (const { write, walk } of parts) {
            if (walk) yield* walk(parent, run);
            else write(parent, run);
          }
        }
      : null,
    rows: parts.length === 1 && first ? first.rows : null,
    ofLeaf: null,
  };
}

/** Neighbours of which all or none are kept; with the braces of the object, where they are at its ends. */
type Part = {
  readonly write: (parent: Parent, run: Run) => void;
  readonly walk: ((parent: Parent, run: Run) => Generator<void, void, void>) | null;
  readonly rows: Writer['rows'];
};

function partsOf(typeName: string, fields: readonly FieldWriter[]): readonly Part[] {
  const groups: FieldWriter[][] = [];
  let wasNarrow: boolean | null = null;
  for (const [index, field] of fields.entries()) {
    const narrow = isNarrow(field);
    if (narrow !== wasNarrow) groups.push([]);
    wasNarrow = narrow;
    groups.at(-1)?.push(index === 0 ? withLead(field, '{') : field);
  }
  return groups.map((group, index) => {
    const isLast = index === groups.length - 1;
    const end = isLast ? closingBrace : nothing;
    const isKept = leavesOf(group.filter((field) => sourceOfField(field) !== 'host')) >= fewestLeaves;
    if (!group.every(isNarrow) || !isKept) return writtenPart(group, end);
    const name = `${typeName}${index === 0 ? '{' : ','}${group.map(({ selection }) => selection).join(' ')}${isLast ? '}' : ''}`;
    return keptPart(name, group, end);
  });
}

const closingBrace = wordsOf('}');
const nothing = wordsOf('');

/** Whether all of a field depends on its record, or all of it on its host. */
function isNarrow(field: FieldWriter): boolean {
  const source = sourceOfField(field);
  return source === 'host' ? field.ownSource === 'host' : source !== 'fleet';
}

/** Anew for each answer. */
function writtenPart(fields: readonly FieldWriter[], end: Words): Part {
  const steps = stepsOf(fields, (field) =>
    field.ownSource === 'host' ? (parent, run) => putOfHost(field, parent, run) : null,
  );
  return {
    write(parent, run) {
      for (const { put } of steps) put(parent, run);
      run.out.raw(end);
    },
    walk: steps.some(({ walk }) => walk !== null)
      ? function* (parent, run) {
          for (const { put, walk } of steps) {
            if (walk) yield* walk(parent, run);
            else put(parent, run);
          }
          run.out.raw(end);
        }
      : null,
    rows: null,
  };
}

/** What depends on a host alone is written once for each host. */
function putOfHost(field: FieldWriter, parent: Parent, run: Run): void {
  const texts = run.hostTexts(field);
  // Fields of this source are of types whose objects have it.
  const hostName = parent['hostName'] as string;
  let text = texts.get(hostName);
  if (text === undefined) {
    text = run.aside((aside) => field.put(parent, aside));
    texts.set(hostName, text);
  }
  run.out.raw(text);
}
