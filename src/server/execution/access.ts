import type { Run } from './run.ts';

/** An object whose fields are read. */
export type Parent = Readonly<Record<string, unknown>>;

/** How the value of a field is had. */
export type Access = {
  readonly name: string;
  /** `null`: it is the parent's property of this name. By the contract of sources it looks at no `info`. */
  readonly resolve: ((parent: unknown, args: unknown, context: unknown) => unknown) | null;
  readonly args: unknown;
  /** What is resolved has nothing but what its text may depend on where that is kept. */
  readonly isNarrow: boolean;
};

export function readValue({ name, resolve, args, isNarrow }: Access, parent: Parent, run: Run): unknown {
  return resolve === null ? parent[name] : resolve(parent, args, isNarrow ? run.narrow : run.context);
}
