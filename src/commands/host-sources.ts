import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { homeDir } from '../config/state-dir.ts';
import { trustKeyOfHost } from '../drivers/host-key.ts';
import type { DriverDependencies } from '../drivers/index.ts';
import { simTargets } from '../drivers/libvirt/sim/targets.ts';
import { openAudit } from '../fleet/audit.ts';
import { createHostAdmin, type HostAdmin, type HostSources, hostsOf } from '../fleet/host-admin.ts';
import { openManagedHosts } from '../fleet/managed-hosts.ts';
import type { Fleet } from '../fleet/types.ts';
import type { Log } from '../log.ts';
import type { HostTarget } from '../model/target.ts';

/** The hosts of the configuration, and those that were added by the API. */
export type OpenHostSources = {
  readonly targets: readonly HostTarget[];
  createAdmin(fleet: Fleet, deps: DriverDependencies): HostAdmin;
};

export type HostSourcesOptions = {
  readonly config: Config;
  readonly stateDir: string;
  /** As the audit log names whoever uses the API. */
  readonly who: string;
  readonly clock: Clock;
  readonly log: Log;
};

export async function openHostSources(options: HostSourcesOptions): Promise<OpenHostSources> {
  const { config, stateDir, who, clock, log } = options;
  const home = homeDir(process.env);
  const sources = sourcesIn(config);
  const managed = await openManagedHosts(join(stateDir, 'hosts.json'), log);
  const { targets, idle } = hostsOf(sources, managed.all, home);
  for (const { name, reason } of idle) {
    log.warn({ host: name }, `the host ${name}, which was added by the API, is left out: ${reason}`);
  }
  return {
    targets,
    createAdmin: (fleet, deps) =>
      createHostAdmin({
        fleet,
        sources,
        managed,
        audit: openAudit(join(stateDir, 'audit.jsonl'), who, clock, log),
        homeDir: home,
        trustKey: (target, request, callOptions) => trustKeyOfHost(target, request, deps, callOptions),
      }),
  };
}

/** Without a file the embedded fleet is served; with one, nothing but what it names. */
export function sourcesIn(config: Config): HostSources {
  return { configured: config.file === null ? simTargets() : config.hosts, rights: config.api };
}
