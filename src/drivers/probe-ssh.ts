/** The stages of reaching a host over SSH, and what else the login may do there. */
import { VirtgraphError } from '../errors.ts';
import type { HostTarget, Transport as TargetTransport } from '../model/target.ts';
import { commandOutput, readAllowances, type SshAllowances } from '../ssh/allowances.ts';
import { openSshConnection, type SshConnection, type SshDependencies } from '../ssh/connection.ts';
import type { RouteHop } from '../ssh/route.ts';
import type { SshStageEvent } from '../ssh/stages.ts';
import { type DeadEnd, probeDaemon, triedDetails } from './libvirt/probe.ts';
import { sshTransport } from './libvirt/ssh-transport.ts';
import type { Route } from './libvirt/transport.ts';
import type { PlannedStage, ProbeRecorder, StageNote } from './probe-recorder.ts';
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
    recorder.found(await compareClocks(probe, connection, allowances));
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

const sshdRules =
  'Set AllowStreamLocalForwarding and AllowTcpForwarding to local for this account; a PermitOpen or permitopen= must ' +
  'name the socket, as "[/run/libvirt/libvirt-sock]:*".';
const daemonAdvice =
  'See on the host whether the daemon runs (systemctl status libvirtd.socket virtqemud.socket), and whether the account ' +
  'is of the group that owns its socket (on Debian libvirt).';

/**
 * sshd answers alike for a socket that it forbids, one that is missing, and one that the account may not open. What the
 * commands said that were tried in its place, and what else sshd opens, tells some of these apart.
 */
function narrowDown(
  error: VirtgraphError,
  deadEnds: readonly DeadEnd[],
  recorder: ProbeRecorder,
  { openSockets, tcp }: SshAllowances,
): VirtgraphError {
  const [proof] = openSockets;
  const said = deadEnds.filter(({ kind }) => kind === 'command').map(({ reason }) => reason);
  const conclude = (channel: StageNote, remedy: string) => {
    recorder.found(channel);
    recorder.begin('socket');
    recorder.failing({ message: '', details: triedDetails(deadEnds) });
    const { message } = error;
    const shorter = deadEnds.length > 1 ? `none of these ${deadEnds.length} ways leads to a daemon` : message;
    return new VirtgraphError(error.code, shorter, { ...error.detail, remedy });
  };
  const channel: StageNote =
    proof === undefined
      ? { verdict: 'SKIPPED', message: 'nothing was there that sshd could have forwarded' }
      : { message: `sshd forwards unix sockets: it opens ${proof}` };
  if (said.some((reason) => /permission denied/i.test(reason))) {
    return conclude(
      channel,
      'The account may not open the socket. Add it to the group that owns it: usermod -aG libvirt USER on Debian.',
    );
  }
  if (said.some((reason) => /connection refused/i.test(reason))) {
    return conclude(
      channel,
      'The socket is there, and nobody answers. Start the daemon: systemctl restart libvirtd.socket libvirtd (or virtqemud).',
    );
  }
  if (said.some((reason) => /no such file/i.test(reason))) {
    return conclude(
      channel,
      'The socket is not there. Start the daemon (systemctl status libvirtd.socket virtqemud.socket), install it, or name its socket with socket=.',
    );
  }
  if (proof !== undefined) return conclude(channel, `sshd is not the cause, since it opens ${proof}. ${daemonAdvice}`);
  return tcp === 'REFUSED'
    ? conclude(
        {
          verdict: 'WARNING',
          message: 'sshd forwards nothing that was tried, so its rules are the likely cause of what follows',
          remedy: sshdRules,
        },
        `${sshdRules} If they do: ${daemonAdvice}`,
      )
    : conclude(
        { verdict: 'WARNING', message: 'sshd forwards TCP, but opens none of the unix sockets that were tried' },
        `${daemonAdvice} If both are well: ${sshdRules}`,
      );
}

/**
 * Sockets that many hosts have, that most accounts may open, and that are not what the gateway is there for. Those of
 * the bus and the journal take an early goodbye without a word; a daemon of libvirt's logs it, so its own comes last.
 */
function otherSockets({ readOnly, socket }: HostTarget): readonly string[] {
  const sibling = readOnly ? '/run/libvirt/libvirt-sock' : '/run/libvirt/libvirt-sock-ro';
  return ['/run/dbus/system_bus_socket', '/run/systemd/journal/stdout', sibling].filter((path) => path !== socket);
}

function judgeAllowances(allowances: SshAllowances, route: Route, target: HostTarget): StageNote {
  const { commands, tcp, openSockets } = allowances;
  const details = [
    { name: 'commands', value: commands },
    { name: 'tcp', value: tcp },
    ...otherSockets(target).map((path) => ({
      name: path,
      value: openSockets.includes(path) ? 'OPENED' : 'NOT_OPENED',
    })),
  ];
  if (route.kind === 'command') {
    return {
      verdict: 'WARNING',
      message: 'the way to the daemon is a command, so the account cannot be held to one socket',
      remedy: `Leave proxy= out of the uri, and let sshd forward the socket. ${recipe(null, target)}`,
      details,
    };
  }
  const excess = [
    ...(commands === 'ALLOWED' ? ['run commands'] : []),
    ...(tcp === 'ALLOWED' ? ['forward TCP'] : []),
    ...openSockets.map((path) => `open ${path}`),
  ];
  if (excess.length > 0) {
    const message = `besides ${route.label} this login may ${excess.join(', ')}`;
    return { verdict: 'WARNING', message, remedy: recipe(route.label, target), details };
  }
  const unclear = commands === 'UNCLEAR' || tcp === 'UNCLEAR' ? '; the server did not answer every try in time' : '';
  return {
    message: `commands, TCP and other sockets are refused; ${route.label} is all there is${unclear}`,
    details,
  };
}

function recipe(path: string | null, { socket, readOnly }: HostTarget): string {
  const wanted = path ?? socket ?? (readOnly ? '/run/libvirt/libvirt-sock-ro' : '/run/libvirt/libvirt-sock');
  const named = socket === null ? ` Name the socket in the uri too: socket=${wanted}.` : '';
  return (
    `Put before its key in authorized_keys: restrict,port-forwarding,permitopen="[${wanted}]:*",command="/bin/false".` +
    `${named} docs/OPERATIONS.md has the whole recipe ("An account that can do nothing else").`
  );
}

/** A whole second is what `date +%s` tells, so half of one is added to it. */
const toleratedSkewMs = 2_000;

async function compareClocks(
  { clock: isWanted, deps: { clock }, signal }: SshProbe,
  connection: SshConnection,
  { commands }: SshAllowances,
): Promise<StageNote> {
  const skipped = (why: string): StageNote => ({ verdict: 'SKIPPED', message: why });
  if (commands !== 'ALLOWED')
    return skipped('the account may run no command, and nothing else tells the time of a host');
  if (!isWanted) return skipped('not asked for: it takes a command on the host (virtgraph doctor --clock)');
  const before = clock.now();
  let output: string;
  try {
    output = (await commandOutput(connection, ['date', '+%s'], { clock, signal })).trim();
  } catch (error) {
    signal.throwIfAborted();
    return skipped(`date does not tell: ${error instanceof Error ? error.message : String(error)}`);
  }
  const now = (before + clock.now()) / 2;
  if (!/^\d{9,12}$/.test(output)) return skipped('date +%s does not tell a number on this host');
  const skewMs = Number(output) * 1_000 + 500 - now;
  const seconds = (Math.abs(skewMs) / 1_000).toFixed(1);
  const details = [{ name: 'skew', value: `${(skewMs / 1_000).toFixed(1)} s` }];
  if (Math.abs(skewMs) <= toleratedSkewMs)
    return { message: `agrees with this machine's within ${seconds} s`, details };
  return {
    verdict: 'WARNING',
    message: `the host's clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} this machine's`,
    remedy:
      'Let both keep time by NTP (chrony, systemd-timesyncd): times in logs and statistics are compared across hosts.',
    details,
  };
}
