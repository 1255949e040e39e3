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
    // OpenSSH's own server for OpenSSH's client: with the library's it would agree on a cheaper key exchange than on a
    // real host.
    const scratch = await createScratch();
    opened.defer(() => scratch.remove());
    const sshd = await startSshd(scratch, { config: ['MaxStartups 100'] });
    opened.defer(() => sshd.stop());
    await writeFile(scratch.path('known_hosts'), sshd.knownHosts());
    return [await compare(bench, fleet, [...sshOptions(scratch), `-p${sshd.port}`, '127.0.0.1', 'true'])];
  },
};

async function compare(bench: BenchContext, fleet: SshFleet, ssh: readonly string[]): Promise<Comparison> {
  const rounds = Math.min(3, bench.rounds);
  const ours = { timesMs: [] as number[], cpusMs: [] as number[] };
  const theirs = { timesMs: [] as number[], cpusMs: [] as number[] };
  const longestMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { ms, cpuMs } = await connectAll(fleet);
    longestMs.push(ms);
    ours.timesMs.push(ms / hosts);
    ours.cpusMs.push(cpuMs / hosts);
    const processes = await startProcesses(ssh);
    theirs.timesMs.push(processes.ms / sshProcesses);
    theirs.cpusMs.push(processes.cpuMs / sshProcesses);
    bench.log(`round ${round + 1}: ${(cpuMs / hosts).toFixed(1)} ms of CPU a host, ${Math.round(ms)} ms for all`);
  }
  const { mostAtOnce } = await fleet.handshakes();
  const gateway = timedOf(
    'virtgraph, READY with everything read',
    `a new process each round; CPU with its start and that of \`ssh -G\``,
    ours,
  );
  const process = timedOf(
    '`ssh HOST true`',
    `${sshProcesses} processes, ${sshAtOnce} at once, to OpenSSH's server`,
    theirs,
  );
  return {
    title: 'connecting to one of them (the servers, in another process, share the machine)',
    contenders: [gateway, process],
    facts: [{ name: 'until all are READY, the best round', value: `${(Math.min(...longestMs) / 1_000).toFixed(1)} s` }],
    goals: [
      ratioGoal('CPU of one `ssh` to ours', { of: process, to: gateway, by: 'cpu', atLeast: 15 }),
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

async function startProcesses(options: readonly string[]) {
  let left = sshProcesses;
  const cpuBefore = cpuOfEndedChildren();
  const startedAt = performance.now();
  const work = async () => {
    while (left > 0) {
      left -= 1;
      await run('ssh', [...options]);
    }
  };
  await Promise.all(Array.from({ length: sshAtOnce }, work));
  return { ms: performance.now() - startedAt, cpuMs: cpuOfEndedChildren() - cpuBefore };
}
