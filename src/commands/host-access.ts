import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { trustKeyOfHost } from '../drivers/host-key.ts';
import type { DriverDependencies } from '../drivers/index.ts';
import type { OpenDriver } from '../fleet/hosts/host-session.ts';
import type { ProbeHost } from '../fleet/hosts/probes.ts';
import type { Log } from '../log.ts';
import type { CallFeed } from '../model/calls.ts';

type TrustKey = (
  target: Parameters<typeof trustKeyOfHost>[0],
  request: Parameters<typeof trustKeyOfHost>[1],
  options: Parameters<typeof trustKeyOfHost>[3],
) => ReturnType<typeof trustKeyOfHost>;

/** What hosts are reached by. All of them share its limits and its keys. */
export type HostAccess = {
  readonly openDriver: OpenDriver;
  readonly probeHost: ProbeHost;
  readonly trustKey: TrustKey;
};

/**
 * Drivers and SSH are read from the disk when the first host is dialled: they take as long as everything else together,
 * and what was last known of the hosts can be answered without them.
 */
export function createHostAccess(config: Config, log: Log, calls: CallFeed): HostAccess {
  let loaded: ReturnType<typeof load> | null = null;
  const ready = () => {
    loaded ??= load(config, log, calls);
    return loaded;
  };
  return {
    openDriver: async (target, options) => (await ready()).openDriver(target, options),
    probeHost: async (target, options) => (await ready()).probeHost(target, options),
    trustKey: async (target, request, options) => (await ready()).trustKey(target, request, options),
  };
}

async function load({ limits }: Config, log: Log, calls: CallFeed): Promise<HostAccess> {
  const { openDriver } = await import('../drivers/index.ts');
  const { probeHost } = await import('../drivers/probe.ts');
  const { trustKeyOfHost: trustKey } = await import('../drivers/host-key.ts');
  const { createHandshakeLimiter } = await import('../ssh/handshake-limiter.ts');
  const { createKeyCache } = await import('../ssh/key-cache.ts');
  const { createSharedSshConfig } = await import('../ssh/route/shared-ssh-config.ts');
  const limiter = createHandshakeLimiter({ perFirstHop: limits.handshakesPerFirstHop, total: limits.handshakesTotal });
  // One for all hosts: decrypting a key takes a third of a second in which nothing else runs.
  const keys = createKeyCache();
  const sshConfigs = createSharedSshConfig(systemClock);
  const deps: DriverDependencies = { log, clock: systemClock, limiter, keys, sshConfigs, calls };
  return {
    openDriver: (target, options) => openDriver(target, deps, options),
    probeHost: (target, options) => probeHost(target, deps, options),
    trustKey: (target, request, options) => trustKey(target, request, deps, options),
  };
}
