import type { SimDomain } from './host.ts';
import { jobTimeout } from './stuck-guest.ts';

/** Waits for the guest's monitor, as every call does that needs the guest itself. At once, unless it is stuck. */
export async function useMonitor(domain: SimDomain): Promise<void> {
  if (domain.stuck === null) return;
  if (!(await domain.stuck.enter({ noWait: false }))) throw jobTimeout();
}
