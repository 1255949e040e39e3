import { processesBeside } from '../../test/lab/host-processes.ts';
import type { LibvirtHost } from '../../test/lab/libvirt-host.ts';
import { type BenchHost, entryOf, openBenchHost, type Subject } from '../bench-host.ts';
import { cpuOfProcess } from '../cpu.ts';
import { forwardSocket } from '../forwarded-socket.ts';
import { type Keep, keepIn } from '../keep.ts';
import { openGo, openOurDriver, openPython, virsh } from '../libvirt-contenders.ts';
import { openGatewayOf, statsOverHttp } from '../over-http.ts';
import { measureSideBySide, notAvailable, ratioGoal, type Timed } from '../rounds.ts';
import type { BenchContext, Comparison, Goal, Row } from '../row.ts';

export const row: Row = {
  name: 'bulk-stats',
  title: 'Statistics of all domains of one host',
  needs: ['lab', 'python', 'go'],
  async run(bench) {
    const host = await openBenchHost(bench);
    return [
      await allGroups(bench, host, host.test),
      await allGroups(bench, host, host.qemu),
      await stateOnly(bench, host),
      await costToDaemon(bench, host),
    ];
  },
};

async function allGroups(bench: BenchContext, { lab, qemu }: BenchHost, subject: Subject): Promise<Comparison> {
  await using opened = new AsyncDisposableStack();
  const keep = keepIn(opened);
  const { python, go, unix, ssh } = await openPeers(bench, subject, keep);
  const gateway = keep(await openGatewayOf(lab, entryOf(subject)));
  const [byVirsh, byPython, byGo, byUnix, bySsh, byHttp] = await measureSideBySide(
    [
      virsh(subject.virshUri, 'stats', bench.rounds),
      python.contender('stats'),
      go.contender('stats'),
      unix.contender('stats'),
      ssh.contender('stats'),
      statsOverHttp(gateway, subject.name),
    ] as const,
    bench.rounds,
    subject.domains,
  );
  const unraid = notAvailable('@unraid/libvirt', 'it has no call for statistics');
  return {
    title: `${subject.title}: all groups`,
    contenders: [byVirsh, unraid, byPython, byGo, byUnix, bySsh, byHttp],
    goals:
      subject === qemu
        ? [overSsh(bySsh, byGo)]
        : [
            ratioGoal('our driver to go-libvirt, both on the unix socket', { of: byUnix, to: byGo, atMost: 1 }),
            ratioGoal('our driver to python3-libvirt, both on the unix socket', {
              of: byUnix,
              to: byPython,
              atMost: 0.7,
            }),
          ],
  };
}

async function stateOnly(bench: BenchContext, { lab, host, qemu }: BenchHost): Promise<Comparison> {
  await using opened = new AsyncDisposableStack();
  const keep = keepIn(opened);
  const { python, go, unix, ssh } = await openPeers(bench, qemu, keep);
  const forwarded = keep(await forwardSocket(lab, host));
  const forwardedGo = keep(await openGo(bench, { ...qemu, socketPath: forwarded.path }));
  const throughSsh = { ...forwardedGo.contender('state'), name: 'go-libvirt, through ssh -L' };
  const [byPython, byGo, byForwardedGo, byUnix, bySsh] = await measureSideBySide(
    [
      python.contender('state'),
      go.contender('state'),
      throughSsh,
      unix.contender('state'),
      ssh.contender('state'),
    ] as const,
    bench.rounds * 5,
    qemu.domains,
  );
  return {
    title: `${qemu.title}: state only`,
    contenders: [byPython, byGo, byForwardedGo, byUnix, bySsh],
    goals: [
      overSsh(bySsh, byGo),
      ratioGoal('our driver over SSH to go-libvirt through ssh -L', { of: bySsh, to: byForwardedGo, atMost: 1.15 }),
      ratioGoal('our driver to go-libvirt, both on the unix socket', { of: byUnix, to: byGo, atMost: 1.15 }),
    ],
  };
}

const overSsh = (ssh: Timed, go: Timed): Goal =>
  ratioGoal('our driver over SSH to go-libvirt on the unix socket', { of: ssh, to: go, atMost: 1.15 });

/** The selection set decides what the daemon is asked for: its own CPU for one question of a client. */
async function costToDaemon(bench: BenchContext, { lab, host, qemu }: BenchHost): Promise<Comparison> {
  await using opened = new AsyncDisposableStack();
  const gateway = keepIn(opened)(await openGatewayOf(lab, entryOf(qemu)));
  const cpu = cpuOfProcess(libvirtdPid(host));
  const [all, state] = await measureSideBySide(
    [
      { ...statsOverHttp(gateway, qemu.name), name: 'stats { all fields }', cpu },
      { ...statsOverHttp(gateway, qemu.name, 'stats { state }'), name: 'stats { state }', cpu },
    ] as const,
    bench.rounds,
    qemu.domains,
  );
  return {
    title: `${qemu.title} over HTTP: what the selection costs libvirtd (CPU is libvirtd's)`,
    contenders: [all, state],
    goals: [ratioGoal("times less of libvirtd's CPU for state alone", { of: all, to: state, by: 'cpu', atLeast: 50 })],
  };
}

function libvirtdPid(host: LibvirtHost): number {
  const found = processesBeside(host.pid).find(({ argv }) => argv[0] === 'libvirtd');
  if (found === undefined) throw new Error(`libvirtd is not running on ${host.name}`);
  return found.pid;
}

async function openPeers(bench: BenchContext, subject: Subject, keep: Keep) {
  return {
    python: keep(await openPython(subject)),
    go: keep(await openGo(bench, subject)),
    unix: keep(await openOurDriver('unix socket', subject.unixUri)),
    ssh: keep(await openOurDriver('over ssh', subject.sshUri)),
  };
}
