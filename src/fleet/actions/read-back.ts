import { VirtgraphError } from '../../errors.ts';
import type { Uuid } from '../../model/brands.ts';
import type { ActionHost } from '../hosts/action-guards.ts';
import type { ActionOutcome } from './action.ts';

/** The domain after a change. That it could not be read does not undo the change: it is a warning. */
export async function readBack(
  host: ActionHost,
  uuid: Uuid,
  signal: AbortSignal,
  outcome: { readonly summary: string; readonly warnings?: readonly string[] },
): Promise<ActionOutcome> {
  const warnings = outcome.warnings ?? [];
  try {
    return { domain: await host.readDomain(uuid, signal), summary: outcome.summary, warnings };
  } catch (error) {
    if (error instanceof VirtgraphError && error.code === 'NOT_FOUND') {
      return { domain: null, summary: outcome.summary, warnings };
    }
    const reason = error instanceof Error ? error.message : String(error);
    return {
      domain: host.domain(uuid),
      summary: outcome.summary,
      warnings: [...warnings, `It was done, but the domain could not be read afterwards: ${reason}`],
    };
  }
}
