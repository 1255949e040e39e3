import type { ProcedureName } from '../rpc/procedures.ts';
import type { SimDomain } from './host.ts';

/** Waits for the guest's monitor, as every call does that needs the guest itself. At once, unless it is stuck. */
export async function useMonitor(domain: SimDomain, caller: ProcedureName): Promise<void> {
  const { stuck } = domain;
  if (stuck !== null && !(await stuck.enter({ caller, noWait: false }))) throw stuck.timeout();
}
