import type { Codec } from './xdr.ts';

/**
 * Where a call goes. `control`: the daemon answers it whatever its guests do. `work`: it may enter a guest's
 * monitor, wait for a guest's job, or touch storage. `stats`: bulk readings.
 */
export type Lane = 'control' | 'work' | 'stats';

/** One procedure of the remote program: what goes out, what comes back, and how it is to be treated. */
export type Procedure<A, R> = {
  readonly name: string;
  readonly number: number;
  readonly args: Codec<A>;
  readonly reply: Codec<R>;
  readonly lane: Lane;
  /** It changes the host: once written, a lost connection leaves its outcome unknown. */
  readonly mutating: boolean;
};

/** A row without its name, which the table's key gives. */
export type ProcedureRow<A, R> = Omit<Procedure<A, R>, 'name'>;

export function query<A, R>(number: number, lane: Lane, args: Codec<A>, reply: Codec<R>): ProcedureRow<A, R> {
  return { number, args, reply, lane, mutating: false };
}

export function change<A, R>(number: number, lane: Lane, args: Codec<A>, reply: Codec<R>): ProcedureRow<A, R> {
  return { number, args, reply, lane, mutating: true };
}

// oxlint-disable-next-line typescript/no-explicit-any -- a table holds rows of every argument and reply type; Named<> keeps each row's own
type AnyRow = ProcedureRow<any, any>;

type Named<T> = {
  readonly [K in keyof T]: T[K] extends ProcedureRow<infer A, infer R> ? Procedure<A, R> : never;
};

/** Gives each row the name of its key. */
export function procedureTable<T extends Readonly<Record<string, AnyRow>>>(rows: T): Named<T> {
  const named = Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, { name, ...row }]));
  // The same keys and rows, each with the name added.
  return named as Named<T>;
}
