import type { FleetObject } from '../../fleet/types.ts';
import type { Run } from './run.ts';
import {
  type FieldWriter,
  leadsOf,
  leavesOf,
  type Parent,
  requireObject,
  sourceOfField,
  type Writer,
} from './writers.ts';

/** Fewer are written as fast as they are found again. */
const fewestLeaves = 4;

/**
 * Writes objects of the fleet's own. What depends on the record alone (and on the basis of its taps) is kept with it as text;
 * what depends on its host is written once for each host and answer; the rest is written anew.
 */
export function record(typeName: string, fields: readonly FieldWriter[]): Writer {
  const isKept = keptFields(fields);
  const parts = partsOf(fields, isKept);
  const keptParts = parts.filter((part) => part.isKept);
  const isWide = fields.some((field) => sourceOfField(field) !== 'record');
  const usesTaps = fields.some((field) => isKept(field) && sourceOfField(field) === 'tap');
  const selection = `${typeName}{${fields.map((field) => (isKept(field) ? field.selection : '|')).join(' ')}}`;

  /** One of each kept part, with what stands around it. */
  function textsOf(value: Parent, run: Run): readonly string[] {
    if (keptParts.length === 0) return none;
    const object = asObject(value);
    const hostName = object.kind === 'host' ? object.name : object.hostName;
    const id = object.kind === 'host' ? '' : object.uuid;
    const basis = usesTaps ? run.tapBasis(hostName) : null;
    const kept = run.keptTexts(selection);
    const known = kept.get(hostName, id);
    if (known?.record === value && known.basis === basis) return known.texts;
    const texts = keptParts.map((part) => writePart(part, value, run));
    kept.put(hostName, id, { record: value, basis, texts });
    return texts;
  }

  function put(value: unknown, run: Run): void {
    const parent = requireObject(value);
    const texts = textsOf(parent, run);
    let next = 0;
    for (const part of parts) {
      if (part.isKept) run.out.push(texts[next++] ?? '');
      else putPart(part, parent, run);
    }
  }

  return {
    selection: `${typeName}{${fields.map((field) => field.selection).join(' ')}}`,
    // Below another record, its host may be another one too.
    source: isWide ? 'fleet' : 'record',
    leaves: leavesOf(fields),
    write(value, run) {
      const own = { ...run, out: [] };
      put(value, own);
      return own.out.join('');
    },
    put,
    walk: parts.some((part) => !part.isKept && part.fields.some(({ value }) => value.walk !== null))
      ? function* (value, run) {
          const parent = requireObject(value);
          const texts = textsOf(parent, run);
          let next = 0;
          for (const part of parts) {
            if (part.isKept) run.out.push(texts[next++] ?? '');
            else yield* walkPart(part, parent, run);
          }
        }
      : null,
  };
}

const none: readonly string[] = [];

/** Neighbours of which all or none are kept. */
type Part = {
  readonly isKept: boolean;
  readonly fields: FieldWriter[];
  /** What stands before each. */
  readonly leads: string[];
  /** What stands behind the last. */
  end: string;
};

function keptFields(fields: readonly FieldWriter[]): (field: FieldWriter) => boolean {
  const narrow = fields.filter((field) => ['record', 'tap'].includes(sourceOfField(field)));
  const kept = new Set(leavesOf(narrow) >= fewestLeaves ? narrow : []);
  return (field) => kept.has(field);
}

function partsOf(fields: readonly FieldWriter[], isKept: (field: FieldWriter) => boolean): readonly Part[] {
  const leads = leadsOf(fields);
  const parts: Part[] = [];
  for (const [index, field] of fields.entries()) {
    let part = parts.at(-1);
    if (part?.isKept !== isKept(field)) {
      part = { isKept: isKept(field), fields: [], leads: [], end: '' };
      parts.push(part);
    }
    part.fields.push(field);
    part.leads.push(`${index === 0 ? '{' : ''}${leads[index] ?? ''}`);
  }
  const last = parts.at(-1);
  if (last) last.end = '}';
  return parts;
}

/** In one piece: V8 keeps `a + b` as a tree, which is larger than its text, until somebody looks into it. */
function writePart({ fields, leads, end }: Part, parent: Parent, run: Run): string {
  const pieces: string[] = [];
  let index = 0;
  for (const { write } of fields) pieces.push(leads[index++] ?? '', write(parent, run));
  pieces.push(end);
  return pieces.join('');
}

function putPart({ fields, leads, end }: Part, parent: Parent, run: Run): void {
  let index = 0;
  for (const field of fields) putField(field, leads[index++] ?? '', parent, run);
  if (end !== '') run.out.push(end);
}

function* walkPart({ fields, leads, end }: Part, parent: Parent, run: Run) {
  let index = 0;
  for (const field of fields) {
    const lead = leads[index++] ?? '';
    if (field.value.walk) {
      run.out.push(lead);
      yield* field.value.walk(field.read(parent, run), run);
    } else putField(field, lead, parent, run);
  }
  if (end !== '') run.out.push(end);
}

function putField(field: FieldWriter, lead: string, parent: Parent, run: Run): void {
  const { ownSource, value, read } = field;
  if (ownSource !== 'host') {
    run.out.push(lead);
    value.put(read(parent, run), run);
    return;
  }
  const texts = run.hostTexts(field);
  // Fields of this source are of types whose objects have it.
  const hostName = parent['hostName'] as string;
  let text = texts.get(hostName);
  if (text === undefined) {
    text = lead + value.write(read(parent, run), run);
    texts.set(hostName, text);
  }
  run.out.push(text);
}

/** Of the types in `recordTypes`, there are no other objects. */
function asObject(value: Parent): FleetObject {
  return value as unknown as FleetObject;
}
