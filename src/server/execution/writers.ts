import type { GraphQLAbstractType } from 'graphql';
import type { Source } from '../../resolvers/sources.ts';
import { type Access, type Parent, readValue } from './access.ts';
import type { AnswerBytes } from './answer-bytes.ts';
import type { LeafWriter } from './json-text.ts';
import { isPromiseLike, leaveToGraphql } from './leave-to-graphql.ts';
import { type Leaf, repeatedLeaves } from './repeated-leaves.ts';
import type { Run } from './run.ts';
import { type Words, wordsOf } from './words.ts';

/** How values of one type are written where they are selected. */
export type Writer = {
  /** All that the text depends on besides the value: what is selected below it. */
  readonly selection: string;
  /** The widest of all that is below it. */
  readonly source: Source;
  readonly leaves: number;
  /** To `run.out`. */
  readonly write: (value: unknown, run: Run) => void;
  /** The same, with a pause between rows where the run is tired; `null` where it cannot take long. */
  readonly walk: ((value: unknown, run: Run) => Walk) | null;
  /** Several that stand behind one another in a list, where they are kept together; `null`: one by one. */
  readonly rows: WriteRows | null;
  /** Of a leaf type, which is nothing but its value. */
  readonly ofLeaf: LeafWriter | null;
};

/** Writes `items` from `begin` on, with commas before all but the first of all. Returns where the run became tired. */
export type WriteRows = (items: readonly unknown[], begin: number, run: Run) => number;

/** The clock is looked at after so many short rows. */
const rowsBetweenLooks = 8;

/** Stops where others should have their turn. */
export type Walk = Generator<void, void, void>;

/** A field where it is selected. */
export type Field = {
  /** As the answer has it: quoted, with its colon. */
  readonly key: string;
  readonly selection: string;
  readonly access: Access;
  /** Of its value alone, without what is below it. */
  readonly ownSource: Source;
  readonly value: Writer;
};

/** A field among its neighbours. */
export type FieldWriter = Field & {
  /** What stands before its value: the key, and a comma before all but the first. */
  readonly lead: Words;
  /** With it. */
  readonly put: Put;
};

export type Put = (parent: Parent, run: Run) => void;

/** Fields that are written together. */
export type Step = {
  readonly put: Put;
  readonly walk: ((parent: Parent, run: Run) => Walk) | null;
};

const breadth = { record: 0, tap: 1, host: 2, fleet: 3 } as const satisfies Record<Source, number>;

const braces = { open: 0x7b, close: 0x7d };
const brackets = { open: 0x5b, close: 0x5d };
export const comma = 0x2c;

function wider(a: Source, b: Source): Source {
  return breadth[a] >= breadth[b] ? a : b;
}

export function sourceOfField({ ownSource, value }: Field): Source {
  return wider(ownSource, value.source);
}

export function leaf(write: LeafWriter): Writer {
  return {
    selection: '',
    source: 'record',
    leaves: 1,
    write: (value, { out }) => write(value, out),
    walk: null,
    rows: null,
    ofLeaf: write,
  };
}

/** `writeNull`: for what is null. Rows are not looked at: they leave it to graphql-js. */
export function withNull(present: Writer, writeNull: (out: AnswerBytes) => void): Writer {
  const { write, walk } = present;
  return {
    ...present,
    rows: null,
    write(value, run) {
      if (value === null || value === undefined) writeNull(run.out);
      else write(value, run);
    },
    walk:
      walk &&
      function* (value, run) {
        if (value === null || value === undefined) writeNull(run.out);
        else yield* walk(value, run);
      },
  };
}

/** `hasObjects`: so that it may be long, and each of its items too. */
export function list(item: Writer, hasObjects: boolean): Writer {
  const { walk, write, rows } = item;
  return {
    ...item,
    rows: null,
    ofLeaf: null,
    write(value, run) {
      const items = Array.isArray(value) ? value : leaveToGraphql(value);
      const { out } = run;
      out.byte(brackets.open);
      for (let index = 0; index < items.length; index++) {
        if (index > 0) out.byte(comma);
        write(items[index], run);
      }
      out.byte(brackets.close);
    },
    walk: hasObjects
      ? function* (value, run) {
          const items = Array.isArray(value) ? value : leaveToGraphql(value);
          const { out } = run;
          out.byte(brackets.open);
          for (let index = 0; index < items.length; ) {
            if (rows) {
              index = rows(items, index, run);
              if (index < items.length) yield;
              continue;
            }
            if (index > 0) out.byte(comma);
            if (walk) yield* walk(items[index], run);
            else write(items[index], run);
            if ((walk || index % rowsBetweenLooks === 0) && run.isTired()) yield;
            index++;
          }
          out.byte(brackets.close);
        }
      : null,
  };
}

export function object(fields: readonly FieldWriter[]): Writer {
  const steps = stepsOf(fields);
  return {
    write(value, run) {
      const parent = requireObject(value);
      const { out } = run;
      out.byte(braces.open);
      for (const { put } of steps) put(parent, run);
      out.byte(braces.close);
    },
    selection: `{${fields.map(({ selection }) => selection).join(' ')}}`,
    source: fields.map(sourceOfField).reduce(wider, 'record'),
    leaves: leavesOf(fields),
    walk: steps.some(({ walk }) => walk !== null)
      ? function* (value, run) {
          const parent = requireObject(value);
          const { out } = run;
          out.byte(braces.open);
          for (const { put, walk } of steps) {
            if (walk) yield* walk(parent, run);
            else put(parent, run);
          }
          out.byte(braces.close);
        }
      : null,
    rows: null,
    ofLeaf: null,
  };
}

export function abstract(type: GraphQLAbstractType, members: ReadonlyMap<string, Writer>): Writer | null {
  const { resolveType } = type;
  if (!resolveType) return null;
  // Resolvers of types look at the value alone.
  const nameOf = resolveType as (value: unknown, context: unknown) => unknown;
  const writers = [...members.values()];
  const memberOf = (value: unknown, run: Run) => {
    const name = nameOf(requireObject(value), run.narrow);
    return (typeof name === 'string' ? members.get(name) : null) ?? leaveToGraphql(name);
  };
  return {
    selection: `{${[...members].map(([name, { selection }]) => `${name}${selection}`).join('|')}}`,
    source: writers.map(({ source }) => source).reduce(wider, 'record'),
    leaves: Math.max(0, ...writers.map(({ leaves }) => leaves)),
    write: (value, run) => memberOf(value, run).write(value, run),
    walk: writers.some(({ walk }) => walk !== null)
      ? function* (value, run) {
          const { walk, write } = memberOf(value, run);
          if (walk) yield* walk(value, run);
          else write(value, run);
        }
      : null,
    rows: null,
    ofLeaf: null,
  };
}

export function withLeads(fields: readonly Field[]): readonly FieldWriter[] {
  return fields.map((field, index) => withLead(field, index === 0 ? '' : ','));
}

/** `before`: what stands before its key. */
export function withLead(field: Field, before: string): FieldWriter {
  const { key, access, value } = field;
  const lead = wordsOf(`${before}${key}`);
  return {
    ...field,
    lead,
    put(parent, run) {
      run.out.raw(lead);
      value.write(readValue(access, parent, run), run);
    },
  };
}

/** In their order: neighbouring leaves together, but for what `putAlone` has a way of its own for. */
export function stepsOf(
  fields: readonly FieldWriter[],
  putAlone: (field: FieldWriter) => Put | null = () => null,
): readonly Step[] {
  const steps: Step[] = [];
  let leaves: Leaf[] = [];
  const endLeaves = () => {
    if (leaves.length > 0) steps.push({ put: repeatedLeaves(leaves), walk: null });
    leaves = [];
  };
  for (const field of fields) {
    const { lead, access, value } = field;
    const alone = putAlone(field);
    if (!alone && value.ofLeaf) {
      leaves.push({ lead, access, write: value.ofLeaf });
      continue;
    }
    endLeaves();
    steps.push({ put: alone ?? field.put, walk: value.walk && walkField(field, value.walk) });
  }
  endLeaves();
  return steps;
}

function walkField({ lead, access }: FieldWriter, walk: NonNullable<Writer['walk']>): Step['walk'] {
  return function* (parent, run) {
    run.out.raw(lead);
    yield* walk(readValue(access, parent, run), run);
  };
}

export function leavesOf(fields: readonly Field[]): number {
  return fields.reduce((total, { value }) => total + value.leaves, 0);
}

/** An error that a resolver returns instead of throwing it is one all the same. */
export function requireObject(value: unknown): Parent {
  if (typeof value !== 'object' || value === null || value instanceof Error || isPromiseLike(value)) {
    return leaveToGraphql(value);
  }
  // Whatever it is, its properties may be asked for.
  return value as Parent;
}
