import type { FleetObject } from '../../fleet/types.ts';
import type { Run } from './run.ts';
import { type FieldWriter, leavesOf, type Parent, requireObject, sourceOfField, type Writer } from './writers.ts';

/** Fewer are written as fast as they are found again. */
const fewestLeaves = 4;

/**
 * Writes objects of the fleet's own. What depends on the record alone (and on the basis of its taps) is kept with it as text;
 * what depends on its host is written once for each host and answer; the rest is written anew.
 */
export function record(typeName: string, fields: readonly FieldWriter[]): Writer {
  const isKept = keptFields(fields);
  const parts = partsOf(fields, isKept);
  const hasKept = parts.some((part) => part.isKept);
  const isWide = fields.some((field) => sourceOfField(field) !== 'record');
  const usesTaps = fields.some((field) => isKept(field) && sourceOfField(field) === 'tap');
  const selection = `${typeName}{${fields.map((field) => (isKept(field) ? field.selection : '|')).join(' ')}}`;

  /** The texts of its kept parts, and what makes them known once all are written. */
  function lookUp(value: Parent, run: Run): Found {
    if (!hasKept) return nothingKept;
    const object = asObject(value);
    const hostName = object.kind === 'host' ? object.name : object.hostName;
    const id = object.kind === 'host' ? '' : object.uuid;
    const basis = usesTaps ? run.tapBasis(hostName) : null;
    const kept = run.keptTexts(selection);
    const known = kept.get(hostName, id);
    if (known?.record === value && known.basis === basis) return { texts: known.texts, keep: null };
    return { texts: null, keep: (texts) => kept.put(hostName, id, { record: value, basis, texts }) };
  }

  return {
    selection: `${typeName}{${fields.map((field) => field.selection).join(' ')}}`,
    // Below another record, its host may be another one too.
    source: isWide ? 'fleet' : 'record',
    leaves: leavesOf(fields),
    write(value, run) {
      const parent = requireObject(value);
      const { texts, keep } = lookUp(parent, run);
      const written: string[] = [];
      let next = 0;
      for (const part of parts) {
        if (!part.isKept) putPart(part, parent, run);
        else if (texts) run.out.copied(texts[next++] ?? '');
        else written.push(writePart(part, parent, run));
      }
      keep?.(written);
    },
    walk: parts.some((part) => !part.isKept && part.fields.some(({ value }) => value.walk !== null))
      ? function* (value, run) {
          const parent = requireObject(value);
          const { texts, keep } = lookUp(parent, run);
          const written: string[] = [];
          let next = 0;
          for (const part of parts) {
            if (!part.isKept) yield* walkPart(part, parent, run);
            else if (texts) run.out.copied(texts[next++] ?? '');
            else written.push(writePart(part, parent, run));
          }
          keep?.(written);
        }
      : null,
  };
}

type Found = {
  /** `null`: they are to be written. */
  readonly texts: readonly string[] | null;
  readonly keep: ((texts: readonly string[]) => void) | null;
};

const nothingKept: Found = { texts: null, keep: null };

/** Neighbours of which all or none are kept. */
type Part = {
  readonly isKept: boolean;
  readonly fields: FieldWriter[];
  /** What stands behind the last. */
  end: Uint8Array;
};

const closingBrace = Buffer.from('}');
const nothing = Buffer.alloc(0);

function keptFields(fields: readonly FieldWriter[]): (field: FieldWriter) => boolean {
  const narrow = fields.filter((field) => ['record', 'tap'].includes(sourceOfField(field)));
  const kept = new Set(leavesOf(narrow) >= fewestLeaves ? narrow : []);
  return (field) => kept.has(field);
}

/** With the braces in them. */
function partsOf(fields: readonly FieldWriter[], isKept: (field: FieldWriter) => boolean): readonly Part[] {
  const parts: Part[] = [];
  for (const [index, field] of fields.entries()) {
    let part = parts.at(-1);
    if (part?.isKept !== isKept(field)) {
      part = { isKept: isKept(field), fields: [], end: nothing };
      parts.push(part);
    }
    part.fields.push(index === 0 ? { ...field, lead: Buffer.from(`{${field.key}`) } : field);
  }
  const last = parts.at(-1);
  if (last) last.end = closingBrace;
  return parts;
}

/** Returns what it has written. */
function writePart({ fields, end }: Part, parent: Parent, run: Run): string {
  const { out } = run;
  const start = out.length;
  for (const { lead, write } of fields) {
    out.raw(lead);
    write(parent, run);
  }
  out.raw(end);
  return out.copyFrom(start);
}

function putPart({ fields, end }: Part, parent: Parent, run: Run): void {
  for (const field of fields) putField(field, parent, run);
  run.out.raw(end);
}

function* walkPart({ fields, end }: Part, parent: Parent, run: Run) {
  for (const field of fields) {
    if (field.value.walk) {
      run.out.raw(field.lead);
      yield* field.value.walk(field.read(parent, run), run);
    } else putField(field, parent, run);
  }
  run.out.raw(end);
}

function putField(field: FieldWriter, parent: Parent, run: Run): void {
  const { out } = run;
  const { ownSource, lead, write } = field;
  if (ownSource !== 'host') {
    out.raw(lead);
    write(parent, run);
    return;
  }
  const texts = run.hostTexts(field);
  // Fields of this source are of types whose objects have it.
  const hostName = parent['hostName'] as string;
  const known = texts.get(hostName);
  if (known !== undefined) {
    out.raw(known);
    return;
  }
  const start = out.length;
  out.raw(lead);
  write(parent, run);
  texts.set(hostName, Buffer.from(out.copyFrom(start), 'latin1'));
}

/** Of the types in `recordTypes`, there are no other objects. */
function asObject(value: Parent): FleetObject {
  return value as unknown as FleetObject;
}
