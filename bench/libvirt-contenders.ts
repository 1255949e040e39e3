import { systemClock } from '../src/clock.ts';
import { parseConfig } from '../src/config/parse-config.ts';
import type { Driver } from '../src/drivers/driver.ts';
import { openDriver } from '../src/drivers/index.ts';
import { silentLog } from '../src/log.ts';
import { statsGroups } from '../src/model/stats.ts';
import { createHandshakeLimiter } from '../src/ssh/handshake-limiter.ts';
import { run } from '../test/lab/run.ts';
import type { Subject } from './bench-host.ts';
import { cpuOfEndedChildren } from './cpu.ts';
import { openLineProgram } from './line-program.ts';
import type { Contender } from './rounds.ts';
import type { BenchContext } from './row.ts';

/** virsh's names of the six groups that every contender asks for. */
const groupFlags = ['--state', '--cpu-total', '--balloon', '--vcpu', '--interface', '--block'];

/** What libvirt contenders can be asked; the answer is how many domains they told of. `state` is that of the running ones. */
export type Operation = 'list' | 'state' | 'stats';

/** Ends what a contender holds open. */
export type Opened<T> = T & { close(): Promise<void> };

/** A new process and a new SSH connection each time: what a script that calls virsh pays. */
export function virsh(uri: string, operation: 'list' | 'stats', rounds: number): Contender {
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

type LineProgram = Opened<{ contender(operation: Operation): Contender }>;

/** The C library through its Python binding, over one connection on the daemon's own socket. */
export function openPython(subject: Subject): Promise<LineProgram> {
  // Debian's packages are for Debian's own Python, which need not be the first in the path.
  const argv = ['/usr/bin/python3', peerFile('libvirt_python.py'), subject.clientUri];
  return openLineProgram('python3-libvirt, unix socket', argv);
}

/** The same protocol as ours in Go, over one connection on the daemon's own socket. */
export async function openGo(bench: BenchContext, subject: Subject): Promise<LineProgram> {
  const argv = [await bench.peer('go/libvirt'), subject.socketPath, subject.daemonUri];
  return openLineProgram('go-libvirt, unix socket', argv);
}

/** The C library as an addon of Node, over one connection on the daemon's own socket. It has no call for statistics. */
export async function openUnraid(bench: BenchContext, subject: Subject): Promise<LineProgram> {
  const module = await bench.peer('npm/@unraid/libvirt');
  const argv = [process.execPath, peerFile('unraid_libvirt.mjs'), module, subject.clientUri];
  return openLineProgram('@unraid/libvirt, unix socket', argv);
}

const peerFile = (name: string) => new URL(`peers/${name}`, import.meta.url).pathname;

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
  const groups = operation === 'state' ? (['state'] as const) : statsGroups;
  return (await driver.readDomainStats(groups, null, { signal })).length;
}

export function targetOf(uri: string) {
  const parsed = parseConfig(JSON.stringify({ hosts: [{ name: 'bench', uri }] }), '/bench.yaml', { homeDir: '/' });
  const [target] = parsed.ok ? parsed.config.hosts : [];
  if (!target) throw new Error(`not a host's URI: ${uri}`);
  return target;
}
