import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { ConfigStatus } from '../config/config-status.ts';
import type { ConfigResult } from '../config/parse-config.ts';
import type { HostsInForce } from '../fleet/hosts/host-admin.ts';
import { describeHostsDiff, isNoChange } from '../fleet/hosts/host-diff.ts';
import { createTurns } from '../in-turn.ts';
import type { Log } from '../log.ts';

export type LiveConfigOptions = {
  /** What the gateway was started with. */
  readonly started: Config;
  readonly load: () => Promise<ConfigResult>;
  /** Puts the parts in force that can change while the gateway runs. */
  readonly apply: (config: Config) => HostsInForce | Promise<HostsInForce>;
  readonly clock: Clock;
  readonly log: Log;
};

export type LiveConfig = {
  /** Reads the file again. What is right is put in force, what is wrong changes nothing and is told. Never rejects. */
  readonly reload: () => Promise<void>;
  readonly status: () => ConfigStatus;
};

/** In force at once. Whatever else there is, also what will be added, waits for a restart. */
const liveKeys: readonly (keyof Config)[] = ['hosts', 'api', 'warnings', 'file'];

export function createLiveConfig({ started, load, apply, clock, log }: LiveConfigOptions): LiveConfig {
  const inTurn = createTurns();
  let latest: ConfigResult = { ok: true, config: started };
  let inForce = started;
  let status: ConfigStatus = { file: started.file, loadedAt: clock.now(), problems: [], needsRestart: [] };

  async function reload() {
    const result = await load();
    if (isDeepStrictEqual(result, latest)) {
      log.debug({ file: started.file }, 'the configuration was read again: nothing is different');
      return;
    }
    latest = result;
    if (result.ok) await putInForce(result.config);
    else refuse(result);
  }

  async function putInForce(config: Config) {
    const { diff, audited } = await apply(config);
    const needsRestart = keysOf(config)
      .filter((key) => !liveKeys.includes(key) && !isDeepStrictEqual(config[key], started[key]))
      .map((key) => (key === 'segments' ? 'net.segments' : key));
    const changes = [
      ...(isNoChange(diff) ? [] : [describeHostsDiff(diff)]),
      ...(isDeepStrictEqual(config.api, inForce.api) ? [] : ['api']),
    ];
    log.info({ file: config.file, ...diff }, `configuration applied: ${changes.join(' ') || 'no host is different'}`);
    const news = needsRestart.filter((key) => !status.needsRestart.includes(key));
    if (news.length > 0) {
      log.warn({ keys: news }, `not in force before a restart: ${news.join(', ')}`);
    }
    for (const warning of config.warnings) if (!inForce.warnings.includes(warning)) log.warn({}, warning);
    inForce = config;
    status = { ...status, loadedAt: clock.now(), problems: [], needsRestart };
    // After all else: what is in force is told at once, however long the disk takes.
    await audited;
  }

  function refuse({ problems }: Extract<ConfigResult, { ok: false }>) {
    for (const { file, line, column, path, message } of problems) {
      log.error({ file, line, column, path }, `${file}:${line}:${column}: ${path ? `${path}: ` : ''}${message}`);
    }
    log.error({ problems: problems.length }, 'the configuration is wrong; the one before stays in force');
    status = { ...status, problems };
  }

  return { reload: () => inTurn(reload), status: () => status };
}

function keysOf(config: Config): readonly (keyof Config)[] {
  // An object literal of this type has no other keys.
  return Object.keys(config) as (keyof Config)[];
}
