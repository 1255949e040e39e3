import { systemClock } from '../src/clock.ts';
import { parseConfig } from '../src/config/parse-config.ts';
import type { Driver } from '../src/drivers/driver.ts';
import { openDriver } from '../src/drivers/index.ts';
import { silentLog } from '../src/log.ts';
import { statsGroups } from '../src/model/stats.ts';
import { createHandshakeLimiter } from '../src/ssh/handshake-limiter.ts';
import { run } from '../test/lab/run.ts';
import { cpuOfEndedChildren } from './cpu.ts';
import { openLineProgram } from './line-program.ts';
import type { Contender } from './rounds.ts';

/** virsh's names of the six groups that every contender asks for. */
const groupFlags = ['--state', '--cpu-total', '--balloon', '--vcpu', '--interface', '--block'];

/** What every libvirt contender can be asked; the answer is how many domains it told of. */
export type Operation = 'list' | 'stats';

/** Ends what a contender holds open. */
export type Opened<T> = T & { close(): Promise<void> };

/** A new process and a new SSH connection each time: what a script that calls virsh pays. */
export function virsh(uri: string, operation: Operation, rounds: number): Contender {
  const args = operation === 'list' ? ['list', '--all'] : ['domstats', '--nowait', ...groupFlags];
  const row = operation === 'list' ? /^\s*(\d+|-)\s/ : /^Domain: /;
  return {
    name: 'virsh over ssh, one process each time',
    rounds: Math.min(5, rounds),
    cpu: cpuOfEndedChildren,
    async run() {
      const result = await run(['virsh', '-c', uri, ...args], { timeoutMs: 120_000 });
      if (result.status !== 0) throw new Error(`virsh failed: ${result.stderr}`);
      return { answer: result.stdout.split('\n').filter((line) => row.test(line)).length };
    },
  };
}

/** The C library through its Python binding, over one connection on the daemon's own socket. */
export function openPython(uri: string): Promise<Opened<{ contender(operation: Operation): Contender }>> {
  const script = new URL('peers/libvirt_python.py', import.meta.url).pathname;
  // Debian's packages are for Debian's own Python, which need not be the first in the path.
  return openLineProgram('python3-libvirt, unix socket', ['/usr/bin/python3', script, uri]);
}

/** Our driver in this process. */
export async function openOurDriver(
  label: string,
  uri: string,
): Promise<Opened<{ contender(operation: Operation): Contender }>> {
  const driver = await openDriverFor(uri);
  return {
    contender: (operation) => ({
      name: `virtgraph's driver, ${label}`,
      run: async () => ({ answer: await ask(driver, operation) }),
    }),
    close: () => driver.close(),
  };
}

export function openDriverFor(uri: string): Promise<Driver> {
  const deps = { log: silentLog, clock: systemClock, limiter: createHandshakeLimiter() };
  return openDriver(targetOf(uri), deps, { signal: AbortSignal.timeout(60_000) });
}

async function ask(driver: Driver, operation: Operation): Promise<number> {
  const signal = AbortSignal.timeout(60_000);
  if (operation === 'list') return (await driver.listDomains({ signal })).length;
  return (await driver.readDomainStats(statsGroups, null, { signal })).length;
}

function targetOf(uri: string) {
  const parsed = parseConfig(JSON.stringify({ hosts: [{ name: 'bench', uri }] }), '/bench.yaml', { homeDir: '/' });
  const [target] = parsed.ok ? parsed.config.hosts : [];
  if (!target) throw new Error(`not a host's URI: ${uri}`);
  return target;
}
