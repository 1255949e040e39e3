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
};

/** Stops where others should have their turn. */
export type Walk = Generator<void, void, void>;

/** A field where it is selected. */
export type FieldWriter = {
  /** As the answer has it: quoted, with its colon. */
  readonly key: string;
  readonly selection: string;
  readonly read: (parent: object, run: Run) => unknown;
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
  return { selection: '', source: 'record', leaves: 1, write, walk: null };
}

export function nullable(present: Writer): Writer {
  return withNull(present, () => 'null');
}

export function nonNull(present: Writer): Writer {
  return withNull(present, () => leaveToGraphql(null));
}

function withNull(present: Writer, writeNull: () => string): Writer {
  const { write, walk } = present;
  return {
    ...present,
    write: (value, run) => (value === null || value === undefined ? writeNull() : write(value, run)),
    walk:
      walk &&
      function* (value, run) {
        if (value === null || value === undefined) run.out.push(writeNull());
        else yield* walk(value, run);
      },
  };
}

/** `hasObjects`: so that it may be long, and each of its items too. */
export function list(item: Writer, hasObjects: boolean): Writer {
  const { write, walk } = item;
  return {
    ...item,
    write(value, run) {
      if (!Array.isArray(value)) return leaveToGraphql(value);
      let text = '[';
      for (let index = 0; index < value.length; index++) text += `${index === 0 ? '' : ','}${write(value[index], run)}`;
      return `${text}]`;
    },
    walk: hasObjects
      ? function* (value, run) {
          const items = Array.isArray(value) ? value : leaveToGraphql(value);
          run.out.push('[');
          for (let index = 0; index < items.length; index++) {
            if (index > 0) run.out.push(',');
            if (walk) yield* walk(items[index], run);
            else run.out.push(write(items[index], run));
            if (run.isTired()) yield;
          }
          run.out.push(']');
        }
      : null,
  };
}

export function object(fields: readonly FieldWriter[]): Writer {
  const leads = leadsOf(fields);
  return {
    selection: `{${fields.map(({ selection }) => selection).join(' ')}}`,
    source: fields.map(sourceOfField).reduce(wider, 'record'),
    leaves: leavesOf(fields),
    write(value, run) {
      const parent = requireObject(value);
      let text = '{';
      for (const [index, { read, value }] of fields.entries()) {
        text += leads[index] + value.write(read(parent, run), run);
      }
      return `${text}}`;
    },
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
export function requireObject(value: unknown): object {
  if (typeof value !== 'object' || value === null || value instanceof Error || isPromiseLike(value)) {
    return leaveToGraphql(value);
  }
  return value;
}
