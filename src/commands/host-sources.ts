import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { homeDir } from '../config/state-dir.ts';
import { openAudit } from '../fleet/hosts/audit.ts';
import { createHostAdmin, type HostAdmin, type HostSources, hostsOf } from '../fleet/hosts/host-admin.ts';
import { openManagedHosts } from '../fleet/hosts/managed-hosts.ts';
import type { Fleet } from '../fleet/types.ts';
import type { Log } from '../log.ts';
import type { HostTarget } from '../model/target.ts';
import type { HostAccess } from './host-access.ts';

/** The hosts of the configuration, and those that were added by the API. */
export type OpenHostSources = {
  readonly targets: readonly HostTarget[];
  createAdmin(fleet: Fleet, trustKey: HostAccess['trustKey']): HostAdmin;
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
  const sources = await sourcesIn(config);
  const managed = await openManagedHosts(join(stateDir, 'hosts.json'), log);
  const { targets, idle } = hostsOf(sources, managed.all, home);
  for (const { name, reason } of idle) {
    log.warn({ host: name }, `the host ${name}, which was added by the API, is left out: ${reason}`);
  }
  return {
    targets,
    createAdmin: (fleet, trustKey) =>
      createHostAdmin({
        fleet,
        sources,
        managed,
        audit: openAudit(join(stateDir, 'audit.jsonl'), who, clock, log),
        homeDir: home,
        trustKey,
      }),
  };
}

/** Without a file the embedded fleet is served; with one, nothing but what it names. */
export async function sourcesIn(config: Config): Promise<HostSources> {
  return { configured: config.file === null ? await embeddedHosts() : config.hosts, rights: config.api };
}

/** Not loaded where there is a file. */
async function embeddedHosts(): Promise<readonly HostTarget[]> {
  const { simTargets } = await import('../drivers/libvirt/sim/targets.ts');
  return simTargets();
}
