/** Every procedure that we call. One row each; what we do not call is not here. */
import type { Procedure } from './procedure.ts';
import { connectProcedures } from './procedures-connect.ts';
import { domainProcedures } from './procedures-domain.ts';
import { eventProcedures } from './procedures-events.ts';
import { objectProcedures } from './procedures-objects.ts';

export const procedures = {
  ...connectProcedures,
  ...domainProcedures,
  ...objectProcedures,
  ...eventProcedures,
};

export type ProcedureName = keyof typeof procedures;

/** What a procedure of that name takes. */
export type ArgsOf<N extends ProcedureName> = (typeof procedures)[N] extends Procedure<infer A, unknown> ? A : never;

/** What it answers. */
export type ReplyOf<N extends ProcedureName> = (typeof procedures)[N] extends Procedure<infer _A, infer R> ? R : never;
