/** The stages of reaching a host over SSH, and what else the login may do there. */
import { VirtgraphError } from '../errors.ts';
import type { HostTarget, Transport as TargetTransport } from '../model/target.ts';
import { readAllowances } from '../ssh/allowances.ts';
import { openSshConnection, type SshConnection, type SshDependencies } from '../ssh/connection.ts';
import type { RouteHop } from '../ssh/route/route.ts';
import type { SshStageEvent } from '../ssh/stages.ts';
import { type DeadEnd, probeDaemon } from './libvirt/probe.ts';
import { sshTransport } from './libvirt/transport/ssh-transport.ts';
import type { Route } from './libvirt/transport/transport.ts';
import { compareClocks } from './probe-clock.ts';
import { judgeAllowances, otherSockets } from './probe-least-privilege.ts';
import type { PlannedStage, ProbeRecorder, StageNote } from './probe-recorder.ts';
import { narrowDown } from './probe-refused-socket.ts';
import { noteOf } from './probe-ssh-notes.ts';

export type SshProbe = {
  readonly target: HostTarget;
  readonly how: Extract<TargetTransport, { kind: 'ssh' }>;
  readonly deps: SshDependencies;
  readonly recorder: ProbeRecorder;
  /** Whether `date` may be run on the host. */
  readonly clock: boolean;
  readonly signal: AbortSignal;
};

/** @throws what ends the probe, of the stage that runs then */
export async function probeOverSsh(probe: SshProbe): Promise<void> {
  const { target, how, deps, recorder, signal } = probe;
  const connection = await connect(probe);
  try {
    recorder.begin('channel');
    const { clock, log } = deps;
    const transport = sshTransport(target, how, connection);
    const sockets = otherSockets(target);
    const deadEnds: DeadEnd[] = [];
    let route: Route;
    try {
      ({ route } = await probeDaemon({ target, transport, recorder, clock, log, signal, deadEnds, noteChannel }));
    } catch (error) {
      const isSocket = error instanceof VirtgraphError && error.detail.problem === 'SOCKET_REFUSED';
      if (!isSocket) throw error;
      throw narrowDown(error, deadEnds, recorder, await readAllowances(connection, sockets, { clock, signal }));
    }
    recorder.begin('least-privilege');
    const allowances = await readAllowances(connection, sockets, { clock, signal });
    recorder.found(judgeAllowances(allowances, route, target));
    recorder.begin('clock');
    recorder.found(await compareClocks(connection, allowances, probe.clock, { clock, signal }));
  } finally {
    await connection.close();
  }
}

/** Of the daemon, once a connection is there. */
const daemonStages = [
  'channel',
  'socket',
  'libvirt-auth',
  'open',
  'permissions',
  'latency',
  'least-privilege',
  'clock',
] as const;
const serverStages = ['connect', 'key-exchange', 'host-key', 'authentication'] as const;

function planSsh(hops: readonly (string | null)[]): readonly PlannedStage[] {
  return [
    { stage: 'resolve', jumpHost: hops[0] ?? null },
    ...hops.flatMap((jumpHost) => serverStages.map((stage) => ({ stage, jumpHost }))),
    ...daemonStages.map((stage) => ({ stage, jumpHost: null })),
  ];
}

async function connect({ how, deps, recorder, signal }: SshProbe): Promise<SshConnection> {
  let route: readonly RouteHop[] = [];
  const onStage = (event: SshStageEvent) => {
    // The host itself is the last of the route; before that is known, all is about it.
    const jumpHost = event.hop === route.at(-1)?.name || route.length === 0 ? null : event.hop;
    if (event.type === 'begin') {
      recorder.begin(event.stage, jumpHost, event.atMs);
      return;
    }
    const note = noteOf(event.finding, how.ssh);
    if (event.type === 'failing') recorder.failing(note);
    else recorder.found(note, event.atMs);
    if (event.finding.stage !== 'config') return;
    ({ route } = event.finding);
    recorder.plan(planSsh(route.map(({ name }, index) => (index === route.length - 1 ? null : name))));
  };
  recorder.plan([{ stage: 'config', jumpHost: null }, ...planSsh([null])]);
  return openSshConnection(how.ssh, { ...deps, recordNewHostKeys: false }, { signal, onStage });
}

function noteChannel(route: Route, deadEnds: readonly DeadEnd[]): StageNote {
  if (route.kind === 'socket') return { message: 'sshd forwards unix sockets' };
  const [command = ''] = route.label.split(' ');
  return deadEnds.length === 0
    ? { message: `${command} carries the connection, as configured` }
    : {
        verdict: 'WARNING',
        message: `no socket could be forwarded; the command ${command} stands in`,
        remedy:
          'Forwarding needs no command on the host: set AllowStreamLocalForwarding and AllowTcpForwarding to local for this account. ' +
          'If commands are what you want, say so in the uri: proxy=native.',
      };
}
