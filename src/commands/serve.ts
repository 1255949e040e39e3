import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { stateDir } from '../config/state-dir.ts';
import { openFleet } from '../fleet/fleet.ts';
import type { Fleet } from '../fleet/types.ts';
import { type Log, type LogLevel, openLog } from '../log.ts';
import { createCallFeed } from '../model/calls.ts';
import type { HostTarget } from '../model/target.ts';
import { openServer, type Server, type ServerOptions } from '../server/open-server.ts';
import { describeProblems } from './check-config.ts';
import { createDialTurns } from './dial-turns.ts';
import { followConfig } from './follow-config.ts';
import { createHostAccess, type HostAccess } from './host-access.ts';
import { openHostSources, sourcesIn } from './host-sources.ts';
import { keptValue } from './kept-value.ts';
import { createLiveConfig } from './live-config.ts';
import { giveBackAtRest } from './memory-at-rest.ts';
import { withUsableFiles } from './named-files.ts';
import { packageVersion, readSchemaSource } from './package-files.ts';
import { explainListenError } from './start-error.ts';
import { openStateStore, type StateStore } from './state-store.ts';
import { listenForStop } from './stop.ts';
import { readTlsFiles } from './tls-files.ts';
import { readSignIn } from './token.ts';
import { welcome } from './welcome.ts';

export type ServeOptions = {
  readonly config: string | null;
  readonly host?: string;
  readonly port?: number;
  readonly logLevel?: LogLevel;
};

/** Opens everything in order, waits for a signal, and closes it in the opposite order. Yields the exit code. */
export async function serve(options: ServeOptions): Promise<number> {
  const { host, port } = options;
  // It would end the process; what has changed meanwhile is read as soon as the configuration is followed.
  process.on('SIGHUP', passOver);
  const overrides = { ...(host !== undefined && { host }), ...(port !== undefined && { port }) };
  const result = await loadConfig({ path: options.config, env: process.env, workingDir: process.cwd(), overrides });
  if (!result.ok) {
    process.stderr.write(describeProblems(result.problems));
    return 1;
  }
  const { config } = result;
  const log = openLog(options.logLevel ?? config.log.level);
  const stop = listenForStop(log);
  for (const warning of config.warnings) log.warn({}, warning);

  const dir = stateDir(process.env);
  const signIn = await readSignIn(config.auth, dir, process.env);
  for (const warning of signIn.warnings) log.warn({}, warning);
  const store = openStateStore(config, dir, log);
  const who = signIn.auth.mode === 'token' ? 'token' : 'nobody in particular';
  const hosts = await openHostSources({ config, stateDir: dir, who, clock: systemClock, log });
  const calls = createCallFeed();
  const access = createHostAccess(config, log, calls);
  const welcomed = Promise.withResolvers<void>();
  const dialTurn = createDialTurns(welcomed.promise, systemClock);
  const fleet = await openConfiguredFleet(config, dir, { targets: hosts.targets, store, access, dialTurn, log });
  const hostAdmin = hosts.createAdmin(fleet, access.trustKey);
  const live = createLiveConfig({
    started: config,
    async load() {
      const read = await loadConfig({ path: config.file, env: process.env, workingDir: process.cwd(), overrides });
      return withUsableFiles(read, config, process.env);
    },
    apply: async (next) => hostAdmin.configure(await sourcesIn(next)),
    clock: systemClock,
    log,
  });
  const following = await followConfig(config.file, live, { clock: systemClock, log });
  process.off('SIGHUP', passOver);
  const endGivingBack = giveBackAtRest();
  try {
    const server = await listen(config, {
      fleet,
      hostAdmin,
      configuration: live.status,
      auth: signIn.auth,
      unhandledErrors: stop.unhandledErrors,
      store: store.health,
      calls,
      log,
    });
    const certFile = config.listen.tls?.certFile ?? null;
    const facts = { version: packageVersion(), url: server.url, signIn, configFile: config.file, certFile };
    process.stdout.write(welcome({ ...facts, hostCount: fleet.hosts().length }));
    log.info({ url: server.url, hosts: fleet.hosts().length }, 'the gateway is ready');
    welcomed.resolve();
    await stop.asked;
    await server.close();
  } finally {
    endGivingBack();
    following.close();
    await fleet.close();
    store.close();
    log.info({}, 'the gateway has stopped');
  }
  return stop.finish();
}

function passOver() {}

type FleetParts = {
  readonly targets: readonly HostTarget[];
  readonly store: StateStore;
  readonly access: HostAccess;
  readonly dialTurn: () => Promise<void>;
  readonly log: Log;
};

/** Starts every host's session and waits for none of them. Each dials when it is its turn. */
async function openConfiguredFleet(config: Config, dir: string, parts: FleetParts): Promise<Fleet> {
  const { limits, timing } = config;
  const { targets, store, access, dialTurn, log } = parts;
  return openFleet({
    id: await fleetIdOf(config, dir),
    targets,
    segments: config.segments,
    store: store.journal,
    kept: store.kept,
    limits: {
      entries: limits.journalEntries,
      bytes: limits.journalBytes,
      ageMs: limits.journalAgeSeconds * 1000,
      readerLag: limits.subscriberQueue,
    },
    periods: { reconcileMs: timing.reconcileSeconds * 1000, pollMs: timing.pollSeconds * 1000 },
    clock: systemClock,
    log,
    random: Math.random,
    async openDriver(target, callOptions) {
      await dialTurn();
      return access.openDriver(target, callOptions);
    },
    probeHost: access.probeHost,
  });
}

/** The configured one; else one made at the first start, so that ids of two gateways that nobody named differ. */
async function fleetIdOf({ fleetId }: Config, dir: string): Promise<string> {
  if (fleetId !== null) return fleetId;
  return (await keptValue(join(dir, 'fleet-id'), randomUUID)).value;
}

async function listen(
  config: Config,
  parts: Pick<
    ServerOptions,
    'fleet' | 'hostAdmin' | 'configuration' | 'auth' | 'unhandledErrors' | 'store' | 'calls' | 'log'
  >,
): Promise<Server> {
  const { host, port } = config.listen;
  const tls = await readTlsFiles(config.listen.tls);
  try {
    return await openServer({
      ...parts,
      schema: await readSchemaSource(),
      version: packageVersion(),
      listen: { host, port, tls },
      origins: config.origins,
      limits: config.limits,
      clock: systemClock,
    });
  } catch (error) {
    throw explainListenError(error, host, port) ?? error;
  }
}
