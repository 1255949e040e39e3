import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import { stateDir } from '../config/state-dir.ts';
import { openDriver } from '../drivers/index.ts';
import { simTargets } from '../drivers/libvirt/sim/targets.ts';
import { probeHost } from '../drivers/probe.ts';
import { openFleet } from '../fleet/fleet.ts';
import type { Fleet } from '../fleet/types.ts';
import { type Log, type LogLevel, openLog } from '../log.ts';
import type { AuthMode } from '../server/auth.ts';
import { openServer, type Server } from '../server/open-server.ts';
import { createHandshakeLimiter } from '../ssh/handshake-limiter.ts';
import { createKeyCache } from '../ssh/key-cache.ts';
import { describeProblems } from './check-config.ts';
import { keptValue } from './kept-value.ts';
import { packageVersion, readSdl } from './package-files.ts';
import { explainListenError } from './start-error.ts';
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
  const fleet = await openConfiguredFleet(config, dir, log);
  try {
    const server = await listen(config, fleet, signIn.auth, stop.unhandledErrors, log);
    const certFile = config.listen.tls?.certFile ?? null;
    const facts = { version: packageVersion(), url: server.url, signIn, configFile: config.file, certFile };
    process.stdout.write(welcome({ ...facts, hostCount: fleet.hosts().length }));
    log.info({ url: server.url, hosts: fleet.hosts().length }, 'the gateway is ready');
    await stop.asked;
    await server.close();
  } finally {
    await fleet.close();
    log.info({}, 'the gateway has stopped');
  }
  return stop.finish();
}

/** Starts every host's session and waits for none of them. */
async function openConfiguredFleet(config: Config, dir: string, log: Log): Promise<Fleet> {
  const { limits, timing } = config;
  // Without a file the embedded fleet is served; with one, nothing but what it names.
  const targets = config.file === null ? simTargets() : config.hosts;
  const limiter = createHandshakeLimiter({ perFirstHop: limits.handshakesPerFirstHop, total: limits.handshakesTotal });
  // One for all hosts: decrypting a key takes a third of a second in which nothing else runs.
  const keys = createKeyCache();
  const deps = { log, clock: systemClock, limiter, keys };
  return openFleet({
    id: await fleetIdOf(config, dir),
    targets,
    segments: config.segments,
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
    openDriver: (target, callOptions) => openDriver(target, deps, callOptions),
    probeHost: (target, callOptions) => probeHost(target, deps, callOptions),
  });
}

/** The configured one; else one made at the first start, so that ids of two gateways that nobody named differ. */
async function fleetIdOf({ fleetId }: Config, dir: string): Promise<string> {
  if (fleetId !== null) return fleetId;
  return (await keptValue(join(dir, 'fleet-id'), randomUUID)).value;
}

async function listen(
  config: Config,
  fleet: Fleet,
  auth: AuthMode,
  unhandledErrors: () => number,
  log: Log,
): Promise<Server> {
  const { host, port } = config.listen;
  const tls = await readTlsFiles(config.listen.tls);
  try {
    return await openServer({
      fleet,
      auth,
      log,
      sdl: await readSdl(),
      version: packageVersion(),
      listen: { host, port, tls },
      origins: config.origins,
      limits: config.limits,
      unhandledErrors,
      clock: systemClock,
    });
  } catch (error) {
    throw explainListenError(error, host, port) ?? error;
  }
}
