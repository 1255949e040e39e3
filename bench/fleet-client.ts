import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../src/clock.ts';
import { keepCompiledCode } from '../src/commands/compile-cache.ts';
import { createHostAccess } from '../src/commands/host-access.ts';
import { giveBackAtRest } from '../src/commands/memory-at-rest.ts';
import { parseConfig } from '../src/config/parse-config.ts';
import { openFleet } from '../src/fleet/fleet.ts';
import { silentLog } from '../src/log.ts';
import { createCallFeed } from '../src/model/calls.ts';
import { cpuOfEndedChildren, cpuOfThisProcess } from './cpu.ts';

/**
 * `node --expose-gc fleet-client.ts CONFIGURATION`: what the gateway has of hosts, without its server, in a process of
 * its own. Reads words, and answers each with a line of JSON: `connect COUNT` returns when that many hosts, or all of
 * them, are READY.
 */
const file = process.argv[2] ?? '';
// As the gateway: its code is compiled, and freed of its types, by the first start alone.
keepCompiledCode(dirname(file), systemClock);
// As the gateway, too.
giveBackAtRest();
const parsed = parseConfig(await readFile(file, 'utf8'), file, { homeDir: process.env['HOME'] ?? '/' });
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
const { config } = parsed;
const access = createHostAccess(config, silentLog, createCallFeed());
const fleet = openFleet({
  id: 'bench',
  targets: [],
  clock: systemClock,
  log: silentLog,
  random: Math.random,
  openDriver: access.openDriver,
});

async function connect(count: number) {
  const started = { at: performance.now(), cpu: cpuOfThisProcess(), children: cpuOfEndedChildren() };
  fleet.setHosts(config.hosts.slice(0, count));
  // Not often: to look at a thousand hosts takes as long as to read one of them.
  while (fleet.hosts().some(({ status }) => status !== 'READY')) await wait(200);
  return {
    ms: performance.now() - started.at,
    cpuMs: cpuOfThisProcess() - started.cpu + cpuOfEndedChildren() - started.children,
    failed: fleet.metrics().hosts.reduce((sum, { failedAttempts }) => sum + failedAttempts, 0),
  };
}

async function memory() {
  for (let turn = 0; turn < 4; turn += 1) {
    globalThis.gc?.();
    await wait(50);
  }
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss, heapUsed, arrayBuffers };
}

async function idle(ms: number) {
  const before = cpuOfThisProcess();
  await wait(ms);
  return { ms, cpuMs: cpuOfThisProcess() - before };
}

const lines = createInterface({ input: process.stdin });
// Also in the middle of connecting: whoever started it may have been killed.
lines.once('close', () => process.exit(0));
process.stdout.write('{}\n');
for await (const line of lines) {
  const [word, number] = line.split(' ');
  const answer =
    word === 'connect'
      ? await connect(Number(number))
      : word === 'memory'
        ? await memory()
        : await idle(Number(number));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
