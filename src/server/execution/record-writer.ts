import type { KeptText } from './fragments.ts';
import type { Run } from './run.ts';
import { type FieldWriter, leadsOf, leavesOf, requireObject, sourceOfField, type Writer } from './writers.ts';

/** Fewer are written as fast as they are found again. */
const fewestLeaves = 4;

/**
 * Writes objects of the fleet's own. What depends on the record alone (and on the basis of its taps) is kept with it as text;
 * what depends on its host is written once for each host and answer; the rest is written anew.
 */
export function record(typeName: string, fields: readonly FieldWriter[]): Writer {
  const isKept = keptFields(fields);
  const parts = partsOf(fields, isKept);
  const isWide = fields.some((field) => sourceOfField(field) !== 'record');
  const selection = `${typeName}{${fields.map((field) => (isKept(field) ? field.selection : '|')).join(' ')}}`;
  const usesTaps = fields.some((field) => isKept(field) && sourceOfField(field) === 'tap');
  const keptParts = parts.filter((part) => part.isKept);

  function textsOf(value: object, run: Run): readonly string[] {
    if (keptParts.length === 0) return [];
    const basis = usesTaps ? run.tapBasis(hostNameOf(value)) : null;
    const kept = run.keptTexts(selection);
    const known = kept.get(value);
    if (known?.basis === basis) return known.texts;
    const made: KeptText = { basis, texts: keptParts.map((part) => flat(writePart(part, value, run))) };
    kept.put(value, made);
    return made.texts;
  }

  return {
    selection: `${typeName}{${fields.map((field) => field.selection).join(' ')}}`,
    // Below another record, its host may be another one too.
    source: isWide ? 'fleet' : 'record',
    leaves: leavesOf(fields),
    write(value, run) {
      const parent = requireObject(value);
      const texts = textsOf(parent, run);
      let next = 0;
      let text = '{';
      for (const part of parts) text += part.isKept ? texts[next++] : writePart(part, parent, run);
      return `${text}}`;
    },
    walk: parts.some((part) => part.fields.some((field) => isWalked(field, part)))
      ? function* (value, run) {
          const parent = requireObject(value);
          const texts = textsOf(parent, run);
          let next = 0;
          run.out.push('{');
          for (const part of parts) {
            if (part.isKept) run.out.push(texts[next++] ?? '');
            else yield* walkPart(part, parent, run);
          }
          run.out.push('}');
        }
      : null,
  };
}

/** Neighbours of which all or none are kept. */
type Part = { readonly isKept: boolean; readonly fields: FieldWriter[]; readonly leads: string[] };

function keptFields(fields: readonly FieldWriter[]): (field: FieldWriter) => boolean {
  const narrow = fields.filter((field) => ['record', 'tap'].includes(sourceOfField(field)));
  const isWorthIt = leavesOf(narrow) >= fewestLeaves;
  const kept = new Set(isWorthIt ? narrow : []);
  return (field) => kept.has(field);
}

function partsOf(fields: readonly FieldWriter[], isKept: (field: FieldWriter) => boolean): readonly Part[] {
  const leads = leadsOf(fields);
  const parts: Part[] = [];
  for (const [index, field] of fields.entries()) {
    let part = parts.at(-1);
    if (part?.isKept !== isKept(field)) {
      part = { isKept: isKept(field), fields: [], leads: [] };
      parts.push(part);
    }
    part.fields.push(field);
    part.leads.push(leads[index] ?? '');
  }
  return parts;
}

function writePart({ fields, leads }: Part, parent: object, run: Run): string {
  let text = '';
  for (const [index, field] of fields.entries()) text += leads[index] + writeField(field, parent, run);
  return text;
}

function* walkPart(part: Part, parent: object, run: Run) {
  for (const [index, field] of part.fields.entries()) {
    run.out.push(part.leads[index] ?? '');
    if (field.value.walk && isWalked(field, part)) yield* field.value.walk(field.read(parent, run), run);
    else run.out.push(writeField(field, parent, run));
  }
}

/** Lists inside what is kept are those of one record, so short. */
function isWalked({ value }: FieldWriter, { isKept }: Part): boolean {
  return !isKept && value.walk !== null;
}

function writeField(field: FieldWriter, parent: object, run: Run): string {
  const { ownSource, value, read } = field;
  if (ownSource !== 'host') return value.write(read(parent, run), run);
  const texts = run.hostTexts(field);
  const hostName = hostNameOf(parent);
  let text = texts.get(hostName);
  if (text === undefined) {
    text = value.write(read(parent, run), run);
    texts.set(hostName, text);
  }
  return text;
}

function hostNameOf(value: object): string {
  // Fields of these sources are of types whose objects have it.
  return (value as { readonly hostName: string }).hostName;
}

/** V8 keeps `a + b` as a tree, which is larger than its text, until somebody looks into it. */
function flat(text: string): string {
  return [text, ''].join('');
}
