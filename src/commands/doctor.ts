import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { readHostTarget } from '../config/host-target.ts';
import { loadConfig } from '../config/load-config.ts';
import { homeDir } from '../config/state-dir.ts';
import { didYouMean } from '../config/suggest.ts';
import { mapLimited } from '../drivers/libvirt/map-limited.ts';
import { simTargets, stopSimDaemons } from '../drivers/libvirt/sim/targets.ts';
import { probeHost } from '../drivers/probe.ts';
import type { ProbeListener } from '../drivers/probe-recorder.ts';
import { silentLog } from '../log.ts';
import type { ProbeReport, ProbeStage } from '../model/probe.ts';
import type { HostTarget } from '../model/target.ts';
import { createHandshakeLimiter } from '../ssh/handshake-limiter.ts';
import { createKeyCache } from '../ssh/key-cache.ts';
import { describeProblems } from './check-config.ts';
import { endLines, fleetLine, headLine, isNotReached, printable, stageLines } from './doctor-lines.ts';
import { createSpeakers, type Speakers } from './speakers.ts';

export type DoctorOptions = {
  /** Names of the configuration, or URIs; empty: every configured host. */
  readonly hosts: readonly string[];
  readonly config: string | null;
  readonly json: boolean;
  /** Compare the hosts' clocks, by a command. */
  readonly clock: boolean;
};

const hostsAtOnce = 8;

/** Exit codes of `doctor`. */
const allWell = 0;
const somethingFailed = 1;
const couldNotBegin = 2;

/** Goes through every stage of reaching each host, tells it as it goes, and yields the exit code. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const chosen = await chooseTargets(options);
  if (!chosen.ok) {
    process.stderr.write(chosen.message);
    return couldNotBegin;
  }
  const { targets, limits } = chosen;
  try {
    const reports = await probeAll(targets, limits, options);
    const ok = reports.every((report) => report.ok);
    if (options.json) process.stdout.write(`${JSON.stringify({ ok, hosts: reports.map(toJson) }, null, 2)}\n`);
    else if (reports.length > 1) process.stdout.write(fleetLine(reports));
    return ok ? allWell : somethingFailed;
  } finally {
    // Embedded hosts live in this process, and their guests would keep it going.
    stopSimDaemons();
  }
}

async function probeAll(
  targets: readonly HostTarget[],
  limits: HandshakeLimits,
  { json, clock }: DoctorOptions,
): Promise<readonly ProbeReport[]> {
  const { signal } = new AbortController();
  const limiter = createHandshakeLimiter(limits);
  const deps = { log: silentLog, clock: systemClock, limiter, keys: createKeyCache() };
  const speakers = createSpeakers(targets.length, json ? () => {} : (text) => process.stdout.write(text));
  return mapLimited([...targets.entries()], hostsAtOnce, async ([index, target]) => {
    const listener = tellStages(speakers, index, target);
    const report = await probeHost(target, deps, { ...listener, signal, clock });
    speakers.say(index, endLines(report));
    speakers.done(index);
    return report;
  });
}

/** Each stage when it ends; on a terminal also the one that is waited for. */
function tellStages(speakers: Speakers, index: number, { name, uri }: HostTarget): ProbeListener {
  const told: ProbeStage[] = [];
  speakers.say(index, headLine(name, uri));
  return {
    onBegin({ stage }) {
      // Overwritten by what comes next, which is longer.
      if (process.stdout.isTTY && speakers.current === index) speakers.say(index, `  … ${stage}\r`);
    },
    onStage(stage) {
      told.push(stage);
      if (!isNotReached(told, stage)) speakers.say(index, stageLines(stage));
    },
  };
}

type HandshakeLimits = Parameters<typeof createHandshakeLimiter>[0];

type Chosen =
  | { readonly ok: true; readonly targets: readonly HostTarget[]; readonly limits: HandshakeLimits }
  | { readonly ok: false; readonly message: string };

async function chooseTargets({ hosts, config: path }: DoctorOptions): Promise<Chosen> {
  const words = [...new Set(hosts)];
  // A URI needs no configuration, and so may be tried where there is none yet, or one that is wrong.
  if (words.length > 0 && words.every(isUri)) return targetsOf(words, null);
  const loaded = await loadConfig({ path, env: process.env, workingDir: process.cwd() });
  if (!loaded.ok) return { ok: false, message: describeProblems(loaded.problems) };
  return targetsOf(words, loaded.config);
}

function targetsOf(words: readonly string[], config: Config | null): Chosen {
  // As for `serve`: without a file it is the embedded fleet.
  const known = config?.file === null ? simTargets() : (config?.hosts ?? []);
  const limits = config
    ? { perFirstHop: config.limits.handshakesPerFirstHop, total: config.limits.handshakesTotal }
    : {};
  const mistakes: string[] = [];
  const named = words.flatMap((word) => {
    const target = isUri(word)
      ? readUri(word, (sentence) => mistakes.push(sentence))
      : known.find(({ name }) => name === word);
    if (target) return [target];
    if (!isUri(word))
      mistakes.push(
        `There is no host ${JSON.stringify(word)} in ${config?.file ?? 'the embedded fleet'}.${didYouMean(
          word,
          known.map(({ name }) => name),
        )}`,
      );
    return [];
  });
  if (mistakes.length > 0) {
    return { ok: false, message: mistakes.map((sentence) => `virtgraph: ${printable(sentence)}\n`).join('') };
  }
  const targets = words.length === 0 ? known : named;
  if (targets.length > 0) return { ok: true, targets, limits };
  return { ok: false, message: `virtgraph: ${config?.file ?? 'The configuration'} names no hosts.\n` };
}

function isUri(word: string): boolean {
  return word.includes(':/');
}

function readUri(uri: string, report: (sentence: string) => void): HostTarget | null {
  const places = { baseDir: process.cwd(), homeDir: homeDir(process.env) };
  return readHostTarget({ name: uri, uri }, places, (_path, sentence) => report(sentence))?.target ?? null;
}

/** As `ProbeReport` of the API, but for the host, which is its name here. */
function toJson({ startedAt, ...report }: ProbeReport): object {
  return { ...report, startedAt: new Date(startedAt).toISOString() };
}
