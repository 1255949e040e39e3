import type { ProcedureName } from '../rpc/procedures.ts';
import type { Handler } from './call-context.ts';
import { connectHandlers } from './handlers-connect.ts';
import { domainHandlers } from './handlers-domain.ts';
import { domainReadHandlers } from './handlers-domain-read.ts';
import { eventHandlers } from './handlers-events.ts';
import { jobHandlers } from './handlers-jobs.ts';
import { objectHandlers } from './handlers-objects.ts';

/** One for every procedure that we know: a new row in the table of procedures asks for its handler here. */
export const handlers: { readonly [N in ProcedureName]: Handler<N> } = {
  ...connectHandlers,
  ...domainReadHandlers,
  ...domainHandlers,
  ...jobHandlers,
  ...objectHandlers,
  ...eventHandlers,
};
