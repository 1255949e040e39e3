import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createScratch, type Scratch, startSshd } from '../../test/ssh/real-sshd.ts';
import { cpuOfEndedChildren } from '../cpu.ts';
import { keepIn } from '../keep.ts';
import { ratioGoal, timedOf } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';
import { openSshFleet, type SshFleet } from '../ssh-fleet.ts';

const run = promisify(execFile);

const hosts = 1_000;
/** What one host costs does not depend on how many there are, and a thousand would take minutes in each round. */
const sshProcesses = 50;
const sshAtOnce = 8;

export const row: Row = {
  name: 'storm',
  title: `${hosts} SSH hosts are connected to at once`,
  needs: [],
  async run(bench) {
    await using opened = new AsyncDisposableStack();
    const keep = keepIn(opened);
    const fleet = keep(await openSshFleet(hosts));
    // OpenSSH's own server for OpenSSH's client as it comes: with the library's it would agree on a cheaper key exchange
    // than on a real host.
    const scratch = await createScratch();
    opened.defer(() => scratch.remove());
    const sshd = await startSshd(scratch, { config: ['MaxStartups 100'] });
    opened.defer(() => sshd.stop());
    await writeFile(scratch.path('known_hosts'), sshd.knownHosts());
    const toSshd = [...sshOptions(scratch), `-p${sshd.port}`, '127.0.0.1', 'true'];
    const alike = (index: number) => {
      const port = fleet.ports[index % fleet.ports.length] ?? 0;
      return [...sameAlgorithms, ...fleet.sshOptions(port), 'true'];
    };
    return [await compare(bench, fleet, { alike, asItComes: () => toSshd })];
  },
};

/** What the gateway and the fleet's servers agree on; the key of the host is of the same type in any case. */
const sameAlgorithms = ['-oKexAlgorithms=curve25519-sha256', '-oCiphers=aes128-gcm@openssh.com'];

/** Of the process of that number. */
type Arguments = (index: number) => readonly string[];

async function compare(
  bench: BenchContext,
  fleet: SshFleet,
  ssh: { readonly alike: Arguments; readonly asItComes: Arguments },
): Promise<Comparison> {
  const rounds = Math.min(3, bench.rounds);
  const ours = { timesMs: [] as number[], cpusMs: [] as number[] };
  const alike = { timesMs: [] as number[], cpusMs: [] as number[] };
  const asItComes = { timesMs: [] as number[], cpusMs: [] as number[] };
  const longestMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { ms, cpuMs } = await connectAll(fleet);
    longestMs.push(ms);
    ours.timesMs.push(ms / hosts);
    ours.cpusMs.push(cpuMs / hosts);
    for (const [of, argv] of [
      [alike, ssh.alike],
      [asItComes, ssh.asItComes],
    ] as const) {
      const processes = await startProcesses(argv);
      of.timesMs.push(processes.ms / sshProcesses);
      of.cpusMs.push(processes.cpuMs / sshProcesses);
    }
    bench.log(`round ${round + 1}: ${(cpuMs / hosts).toFixed(1)} ms of CPU a host, ${Math.round(ms)} ms for all`);
  }
  const { mostAtOnce } = await fleet.handshakes();
  const gateway = timedOf(
    'virtgraph, READY with everything read',
    `a new process each round, all of them with the compiled code of the first; CPU with that of \`ssh -G\``,
    ours,
  );
  const how = `${sshProcesses} processes, ${sshAtOnce} at once`;
  const same = timedOf(
    '`ssh HOST true`, alike',
    `${how}; with the servers, key exchange, cipher and types of keys that virtgraph has`,
    alike,
  );
  const usual = timedOf(
    '`ssh HOST true`',
    `${how}; as it comes, to OpenSSH's server: mostly its post-quantum key exchange`,
    asItComes,
  );
  return {
    title: 'connecting to one of them (the servers, in another process, share the machine)',
    contenders: [gateway, same, usual],
    facts: [{ name: 'until all are READY, the best round', value: `${(Math.min(...longestMs) / 1_000).toFixed(1)} s` }],
    goals: [
      ratioGoal('CPU of one `ssh` to ours', { of: usual, to: gateway, by: 'cpu', atLeast: 15 }),
      { text: 'handshakes of one host at the same time', ratio: mostAtOnce, target: 1, better: 'lower' },
    ],
  };
}

function sshOptions(scratch: Scratch): readonly string[] {
  const files = [`-i${scratch.path('user')}`, `-oUserKnownHostsFile=${scratch.path('known_hosts')}`];
  return ['-F/dev/null', '-oBatchMode=yes', '-oIdentitiesOnly=yes', ...files];
}

async function connectAll(fleet: SshFleet) {
  const client = await fleet.openClient();
  try {
    const connected = await client.connect();
    if (connected.failed > 0) throw new Error(`${connected.failed} attempts to connect failed`);
    return connected;
  } finally {
    await client.close();
  }
}

async function startProcesses(argv: Arguments) {
  let left = sshProcesses;
  const cpuBefore = cpuOfEndedChildren();
  const startedAt = performance.now();
  const work = async () => {
    while (left > 0) {
      left -= 1;
      await run('ssh', [...argv(left)]);
    }
  };
  await Promise.all(Array.from({ length: sshAtOnce }, work));
  return { ms: performance.now() - startedAt, cpuMs: cpuOfEndedChildren() - cpuBefore };
}
