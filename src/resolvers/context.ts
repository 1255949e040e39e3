import type { ConfigStatus } from '../config/config-status.ts';
import type { ChangePlan } from '../fleet/actions/action.ts';
import type { HostAdmin } from '../fleet/hosts/host-admin.ts';
import type { Fleet } from '../fleet/types.ts';
import type { IdCodec } from './ids.ts';
import { createLoaders, type Loaders } from './loaders.ts';

/** What the gateway says of itself. */
export type GatewayInfo = {
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly limits: {
    readonly bodyBytes: number;
    readonly tokens: number;
    readonly depth: number;
    readonly aliases: number;
    readonly subscriptionsPerSocket: number;
  };
};

/** What lives as long as the gateway does. */
export type Gateway = {
  readonly fleet: Fleet;
  readonly ids: IdCodec;
  readonly info: GatewayInfo;
  readonly hostAdmin: HostAdmin;
  readonly configuration: () => ConfigStatus;
  /** Aborted when the gateway stops and no longer waits for answers. */
  readonly signal: AbortSignal;
};

/** What one answer is made with. A subscription gets a new one for each delivered event, so that no loader outlives it. */
export type Context = Gateway & {
  readonly loaders: Loaders;
  /** A change is about to be sent to its host. Set where somebody keeps book of it. */
  readonly sending?: (plan: ChangePlan) => void;
};

export function createContext(gateway: Gateway): Context {
  return { ...gateway, loaders: createLoaders(gateway.fleet, gateway.signal) };
}
