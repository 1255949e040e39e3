import type { GraphQLAbstractType } from 'graphql';
import type { Source } from '../../resolvers/sources.ts';
import { isPromiseLike, leaveToGraphql } from './leave-to-graphql.ts';
import type { Run } from './run.ts';

/** How values of one type are written where they are selected. */
export type Writer = {
  /** All that the text depends on besides the value: what is selected below it. */
  readonly selection: string;
  /** The widest of all that is below it. */
  readonly source: Source;
  readonly leaves: number;
  readonly write: (value: unknown, run: Run) => string;
  /** The same, to `run.out`, with a pause between rows where the run is tired; `null` where it cannot take long. */
  readonly walk: ((value: unknown, run: Run) => Walk) | null;
  /** To `run.out`, in as few pieces as there are; for the rows of a list, whose pieces need not be put together twice. */
  readonly put: (value: unknown, run: Run) => void;
};

/** The clock is looked at after so many short rows. */
const rowsBetweenLooks = 8;

/** Stops where others should have their turn. */
export type Walk = Generator<void, void, void>;

/** An object whose fields are read. */
export type Parent = Readonly<Record<string, unknown>>;

/** A field where it is selected. */
export type FieldWriter = {
  /** As the answer has it: quoted, with its colon. */
  readonly key: string;
  readonly selection: string;
  readonly read: (parent: Parent, run: Run) => unknown;
  /** The value's text. */
  readonly write: (parent: Parent, run: Run) => string;
  /** Of its value alone, without what is below it. */
  readonly ownSource: Source;
  readonly value: Writer;
};

const breadth = { record: 0, tap: 1, host: 2, fleet: 3 } as const satisfies Record<Source, number>;

function wider(a: Source, b: Source): Source {
  return breadth[a] >= breadth[b] ? a : b;
}

export function sourceOfField({ ownSource, value }: FieldWriter): Source {
  return wider(ownSource, value.source);
}

export function leaf(write: (value: unknown) => string): Writer {
  return { selection: '', source: 'record', leaves: 1, write, walk: null, put: putWhole(write) };
}

function putWhole(write: Writer['write']): Writer['put'] {
  return (value, run) => {
    run.out.push(write(value, run));
  };
}

/** `writeNull`: for what is null. */
export function withNull(present: Writer, writeNull: () => string): Writer {
  const { write, walk, put } = present;
  return {
    ...present,
    write: (value, run) => (value === null || value === undefined ? writeNull() : write(value, run)),
    walk:
      walk &&
      function* (value, run) {
        if (value === null || value === undefined) run.out.push(writeNull());
        else yield* walk(value, run);
      },
    put(value, run) {
      if (value === null || value === undefined) run.out.push(writeNull());
      else put(value, run);
    },
  };
}

/** `hasObjects`: so that it may be long, and each of its items too. */
export function list(item: Writer, hasObjects: boolean): Writer {
  const { walk, put } = item;
  const write: Writer['write'] = (value, run) => {
    if (!Array.isArray(value)) return leaveToGraphql(value);
    let text = '[';
    for (let index = 0; index < value.length; index++) {
      if (index > 0) text += ',';
      text += item.write(value[index], run);
    }
    return `${text}]`;
  };
  return {
    ...item,
    write,
    put: putWhole(write),
    walk: hasObjects
      ? function* (value, run) {
          const items = Array.isArray(value) ? value : leaveToGraphql(value);
          run.out.push('[');
          for (let index = 0; index < items.length; index++) {
            if (index > 0) run.out.push(',');
            if (walk) yield* walk(items[index], run);
            else put(items[index], run);
            if ((walk || index % rowsBetweenLooks === 0) && run.isTired()) yield;
          }
          run.out.push(']');
        }
      : null,
  };
}

export function object(fields: readonly FieldWriter[]): Writer {
  const leads = leadsOf(fields);
  const write: Writer['write'] = (value, run) => `{${writeFields(fields, leads, requireObject(value), run)}}`;
  return {
    write,
    put: putWhole(write),
    selection: `{${fields.map(({ selection }) => selection).join(' ')}}`,
    source: fields.map(sourceOfField).reduce(wider, 'record'),
    leaves: leavesOf(fields),
    walk: fields.some(({ value }) => value.walk !== null)
      ? function* (value, run) {
          const parent = requireObject(value);
          run.out.push('{');
          for (const [index, { read, value: below }] of fields.entries()) {
            run.out.push(leads[index] ?? '');
            const child = read(parent, run);
            if (below.walk) yield* below.walk(child, run);
            else run.out.push(below.write(child, run));
          }
          run.out.push('}');
        }
      : null,
  };
}

function writeFields(fields: readonly FieldWriter[], leads: readonly string[], parent: Parent, run: Run): string {
  let text = '';
  // Not `entries()`: it makes an array for each field of each row.
  let index = 0;
  for (const { write } of fields) {
    text += leads[index++];
    text += write(parent, run);
  }
  return text;
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
    put: (value, run) => memberOf(value, run).put(value, run),
    walk: writers.some(({ walk }) => walk !== null)
      ? function* (value, run) {
          const { walk, write } = memberOf(value, run);
          if (walk) yield* walk(value, run);
          else run.out.push(write(value, run));
        }
      : null,
  };
}

/** What stands before the value of each field. */
export function leadsOf(fields: readonly FieldWriter[]): readonly string[] {
  return fields.map(({ key }, index) => (index === 0 ? key : `,${key}`));
}

export function leavesOf(fields: readonly FieldWriter[]): number {
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
