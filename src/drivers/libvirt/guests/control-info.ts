/** Whether libvirt can use a guest's monitor: `virDomainGetControlInfo`, which asks nobody and so never waits. */

import type { DomainMonitor } from '../../../model/monitor.ts';
import type { CallOptions } from '../../driver.ts';
import { isAnyLibvirtError, isLibvirtError } from '../errors.ts';
import type { Lanes } from '../lanes.ts';
import type { DomainRef } from '../rpc/objects.ts';
import { procedures } from '../rpc/procedures.ts';

export type ControlReading = {
  readonly status: Exclude<DomainMonitor['status'], 'UNKNOWN'>;
  /** For how long, in milliseconds; 0 where libvirt does not say. */
  readonly forMs: number;
};

/** `virDomainControlState`. */
const states = ['OK', 'JOB', 'OCCUPIED', 'ERROR'] as const;

/** `null`: the domain is not running, or gone, or its driver knows no such thing. */
export async function readControl(
  lanes: Lanes,
  domain: DomainRef,
  options: CallOptions,
): Promise<ControlReading | null> {
  try {
    const args = { domain, flags: 0 };
    const { state, stateTimeMs } = await lanes.call(procedures.domainGetControlInfo, args, options);
    const status = states[state];
    return status === undefined ? null : { status, forMs: Number(stateTimeMs) };
  } catch (error) {
    if (isAnyLibvirtError(error)) return null;
    throw error;
  }
}

/**
 * Who holds a guest, from the text of the error of somebody who waited 30 s for it (VIR_ERR_OPERATION_TIMEOUT), such as
 * `monitor=remoteDispatchDomainSuspend`; `null` for any other error.
 */
export function holderOf(error: unknown): string | null {
  if (!isLibvirtError(error, 'OPERATION_TIMEOUT') || !(error instanceof Error)) return null;
  return /\(held by ([^)]+)\)/.exec(error.message)?.[1] ?? null;
}
