import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { cpuOfProcess } from '../cpu.ts';
import { timedOf } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';
import { openSshFleet, type SshFleet } from '../ssh-fleet.ts';

const hosts = 1_000;
/**
 * More, connected before memory is read for the first time: drivers and compiled code, and the space in which objects are
 * young, are taken by the first hosts and are the same for any number of them.
 */
const firstHosts = 100;
const sshProcesses = 10;
const minuteMs = 60_000;
/** As often as everything of a host is read and compared by default, so that this is in it. */
const idleMinutes = 5;
/** After it the lanes that were needed once are closed, and the heap has given back what connecting took. */
const settleMs = 130_000;

export const row: Row = {
  name: 'idle-hosts',
  title: '1,000 SSH hosts without guests, idle since two minutes',
  needs: [],
  async run(bench) {
    const fleet = await openSshFleet(firstHosts + hosts);
    try {
      return [await compare(bench, fleet)];
    } finally {
      await fleet.close();
    }
  },
};

async function compare(bench: BenchContext, fleet: SshFleet): Promise<Comparison> {
  const ours = await holdAll(bench, fleet);
  const theirs = await holdByProcesses(fleet);
  const minute = (name: string, note: string, cpuMs: number) =>
    timedOf(name, note, { timesMs: [minuteMs], cpusMs: [cpuMs] });
  return {
    title: 'one of them for a minute',
    contenders: [
      minute(
        'virtgraph',
        `${hosts} in one process; over ${idleMinutes} minutes, in which each is read once`,
        ours.cpuMs / hosts,
      ),
      minute('`ssh -N -L`', `one of ${sshProcesses} processes`, theirs.cpuMs / sshProcesses),
    ],
    facts: [
      { name: 'virtgraph, RSS a host', value: `${kilobytes(ours.rss / hosts)} kB` },
      { name: 'virtgraph, JavaScript heap a host', value: `${kilobytes(ours.heap / hosts)} kB` },
      { name: 'ssh, RSS a process', value: `${kilobytes(theirs.rss / sshProcesses)} kB` },
      { name: 'ssh, PSS a process', value: `${kilobytes(theirs.pss / sshProcesses)} kB` },
    ],
    goals: [
      { text: 'kB of RSS a host', ratio: ours.rss / hosts / 1_024, target: 100, better: 'lower' },
      {
        text: 'percent of a core for 1,000 hosts',
        ratio: (ours.cpuMs / minuteMs) * 100 * (1_000 / hosts),
        target: 1,
        better: 'lower',
      },
    ],
  };
}

async function holdAll(bench: BenchContext, fleet: SshFleet) {
  const client = await fleet.openClient();
  try {
    await client.connect(firstHosts);
    await client.idle(settleMs);
    const before = await client.memory();
    await client.connect();
    await client.idle(settleMs);
    const after = await client.memory();
    const { cpuMs } = await client.idle(idleMinutes * minuteMs);
    const all = firstHosts + hosts;
    bench.log(`${all} hosts took ${cpuMs.toFixed(0)} ms of CPU in ${idleMinutes} minutes`);
    return {
      rss: after.rss - before.rss,
      heap: after.heapUsed - before.heapUsed,
      cpuMs: ((cpuMs / idleMinutes) * hosts) / all,
    };
  } finally {
    await client.close();
  }
}

async function holdByProcesses(fleet: SshFleet) {
  const folder = await mkdtemp(join(tmpdir(), 'virtgraph-bench-'));
  const children = fleet.ports.slice(0, sshProcesses).map((port, index) => {
    const forward = `${join(folder, String(index))}:/run/libvirt/libvirt-sock`;
    return spawn('ssh', ['-N', '-L', forward, ...fleet.sshOptions(port)], { stdio: 'inherit' });
  });
  try {
    // Connected long since, and still. Nothing tells when that is.
    await wait(5_000);
    const pids = children.map(({ pid = 0 }) => pid);
    const meters = pids.map(cpuOfProcess);
    const cpu = () => meters.reduce((sum, meter) => sum + meter(), 0);
    const cpuBefore = cpu();
    await wait(minuteMs);
    const memory = await Promise.all(pids.map(memoryOf));
    const sum = (of: 'rss' | 'pss') => memory.reduce((total, reading) => total + reading[of], 0);
    return { cpuMs: cpu() - cpuBefore, rss: sum('rss'), pss: sum('pss') };
  } finally {
    for (const child of children) {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    }
    await rm(folder, { recursive: true });
  }
}

/** In bytes. */
async function memoryOf(pid: number): Promise<{ readonly rss: number; readonly pss: number }> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1_024;
  return { rss: read('Rss'), pss: read('Pss') };
}

function kilobytes(bytes: number): string {
  return (bytes / 1_024).toFixed(0);
}
