/** The stages from a way to the daemon to its answers, for a probe: over a connection of its own, changing nothing. */
import type { Clock } from '../../clock.ts';
import { hostProblem, type VirtgraphError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { ProbeDetail, ProbeVerdict } from '../../model/probe.ts';
import type { HostTarget } from '../../model/target.ts';
import type { ProbeRecorder, StageNote } from '../probe-recorder.ts';
import { type ConnectOptions, type LibvirtConnection, openLibvirtConnection } from './connect.ts';
import { asOpenFailure } from './driver.ts';
import { isAnyLibvirtError, isLibvirtError } from './errors.ts';
import { readFacts } from './facts.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { procedures } from './rpc/procedures.ts';
import { openRoutes, type Route, type Transport } from './transport/transport.ts';

export type DeadEnd = { readonly label: string; readonly kind: Route['kind']; readonly reason: string };

export type DaemonProbe = {
  readonly target: HostTarget;
  readonly transport: Transport;
  readonly recorder: ProbeRecorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Filled with the ways that lead nowhere, as they are met. */
  readonly deadEnds: DeadEnd[];
  /** Says what the way that was found tells of the stage `channel`, which has begun; absent where there is no such stage. */
  readonly noteChannel?: (route: Route, deadEnds: readonly DeadEnd[]) => StageNote;
};

/** `route`: the way that was found. @throws what ends the probe, of the stage that runs then */
export async function probeDaemon(probe: DaemonProbe): Promise<{ readonly route: Route }> {
  const { clock, recorder, signal, target } = probe;
  const { connection, route } = await reach(probe);
  try {
    const openConnection = () => Promise.reject(new Error('A probe has one connection.'));
    const lanes = createLanes({ control: connection, openConnection, single: true, clock });
    const facts = await readFacts(lanes, { readOnly: target.readOnly, signal });
    const { hypervisor, libvirtVersion, hypervisorVersion, hostname, daemonUri } = facts;
    recorder.found({
      message: `libvirt ${libvirtVersion ?? 'of an unknown version'}, ${[hypervisor, hypervisorVersion].filter(Boolean).join(' ')}${hostname === null ? '' : `; it calls itself ${hostname}`}`,
      details: [
        ...detail('libvirt', libvirtVersion),
        ...detail('hypervisor', hypervisor),
        ...detail('hypervisor version', hypervisorVersion),
        ...detail('hostname', hostname),
        ...detail('uri', daemonUri),
      ],
    });
    recorder.begin('permissions');
    recorder.found(await readPermissions(lanes, target, signal));
    recorder.begin('latency');
    recorder.found(await measureLatency(lanes, clock, signal));
    return { route };
  } catch (error) {
    throw asOpenFailure(error);
  } finally {
    await connection.close();
  }
}

/** As far as an open libvirt connection: the stages `socket`, `libvirt-auth`, and the beginning of `open`. */
async function reach(probe: DaemonProbe): Promise<{ readonly connection: LibvirtConnection; readonly route: Route }> {
  const { target, transport, recorder, clock, log, signal, deadEnds, noteChannel } = probe;
  const { connectName, readOnly, keepaliveIntervalMs, keepaliveCount } = target;
  const options: ConnectOptions = {
    connectName,
    readOnly,
    keepaliveIntervalMs,
    keepaliveCount,
    clock,
    onHint: () => {},
  };
  let way: { readonly route: Route; readonly atMs: number } | null = null;

  // A command that leads nowhere is known by its end only: that the way is found is told when the daemon has spoken.
  function tellWay() {
    if (!way) return;
    const { route, atMs } = way;
    way = null;
    if (noteChannel) {
      recorder.found(noteChannel(route, deadEnds), atMs);
      recorder.begin('socket', null, atMs);
    }
    recorder.found(
      {
        message: [
          route.label,
          ...(deadEnds.length === 0 ? [] : [`not by ${deadEnds.map(({ label }) => label).join(', ')}`]),
        ].join('; '),
        details: [{ name: 'found', value: route.label }, ...triedDetails(deadEnds)],
      },
      atMs,
    );
    recorder.begin('libvirt-auth', null, atMs);
  }

  const onDeadEnd = (route: Route, error: VirtgraphError) => {
    way = null;
    deadEnds.push({ label: route.label, kind: route.kind, reason: error.message });
  };
  const onAdmitted = (asked: 'nothing' | 'polkit') => {
    tellWay();
    recorder.found({
      message: asked === 'nothing' ? 'the daemon asks for nothing more' : 'polkit lets the account in',
      details: [{ name: 'asked', value: asked }],
    });
    recorder.begin('open');
  };
  try {
    return await openRoutes(transport.routes, log, onDeadEnd).connect(
      async (stream, route) => {
        way = { route, atMs: clock.monotonic() };
        return { route, connection: await openLibvirtConnection(stream, { ...options, onAdmitted }, { signal }) };
      },
      { signal },
    );
  } catch (error) {
    tellWay();
    if (deadEnds.length > 0) recorder.failing({ message: '', details: triedDetails(deadEnds) });
    throw asOpenFailure(error);
  }
}

export function triedDetails(deadEnds: readonly DeadEnd[]): readonly ProbeDetail[] {
  return deadEnds.map(({ label, reason }) => ({ name: `tried ${label}`, value: reason }));
}

function detail(name: string, value: string | null): readonly ProbeDetail[] {
  return value === null ? [] : [{ name, value }];
}

async function readPermissions(
  lanes: Lanes,
  { readOnly }: Pick<HostTarget, 'readOnly'>,
  signal: AbortSignal,
): Promise<StageNote> {
  const domains = await countDomains(lanes, signal);
  const access = readOnly ? 'configured' : await readWriteAccess(lanes, signal);
  const { verdict, says, remedy } = accesses[access];
  return {
    verdict,
    message: `lists ${domains} ${domains === 1 ? 'domain' : 'domains'}; ${says}`,
    ...(remedy !== null && { remedy }),
    details: [
      { name: 'domains', value: String(domains) },
      { name: 'access', value: access === 'configured' ? 'read-only' : access },
    ],
  };
}

const accesses = {
  configured: { verdict: 'OK', says: 'read-only, as configured', remedy: null },
  'read-write': { verdict: 'OK', says: 'may change them', remedy: null },
  'read-only': {
    verdict: 'WARNING',
    says: 'the daemon allows no change over this socket',
    remedy: 'Set readOnly: true for this host, or let the gateway reach the socket without -ro in its name.',
  },
  limited: {
    verdict: 'WARNING',
    says: "the daemon's access rules deny changes of the host, and perhaps of domains",
    remedy: 'Set readOnly: true for this host, or allow the account org.libvirt.api.connect.write (polkit).',
  },
} as const satisfies Record<string, { verdict: ProbeVerdict; says: string; remedy: string | null }>;

async function countDomains(lanes: Lanes, signal: AbortSignal): Promise<number> {
  try {
    const all = { needResults: false, flags: 0 };
    return (await lanes.call(procedures.connectListAllDomains, all, { signal })).count;
  } catch (error) {
    if (!isAnyLibvirtError(error)) throw error;
    throw hostProblem(
      'LIBVIRT_AUTH_FAILED',
      `The account may not list the domains of this host. libvirt says: ${error.message}`,
      "Allow the account org.libvirt.api.connect.search-domains, if the daemon's access rules are polkit's.",
      { cause: error },
    );
  }
}

/**
 * By asking for a translation of no XML at all, which changes nothing: a read-only connection refuses to translate
 * anything before it looks at what (`virConnectDomainXMLToNative`), and a driver that cannot translate says so after.
 */
async function readWriteAccess(
  lanes: Lanes,
  signal: AbortSignal,
): Promise<Exclude<keyof typeof accesses, 'configured'>> {
  try {
    await lanes.call(procedures.connectDomainXmlToNative, { nativeFormat: '', domainXml: '', flags: 0 }, { signal });
    return 'read-write';
  } catch (error) {
    if (isLibvirtError(error, 'OPERATION_DENIED')) return 'read-only';
    if (isLibvirtError(error, 'ACCESS_DENIED', 'AUTH_FAILED', 'AUTH_CANCELLED')) return 'limited';
    if (isAnyLibvirtError(error)) return 'read-write';
    throw error;
  }
}

const pings = 5;
/** Beyond it a person at a dashboard feels every question. */
const slowMs = 300;

async function measureLatency(lanes: Lanes, clock: Clock, signal: AbortSignal): Promise<StageNote> {
  const times: number[] = [];
  for (let index = 0; index < pings; index++) {
    const sentAt = clock.monotonic();
    await lanes.call(procedures.connectGetLibVersion, null, { signal });
    times.push(clock.monotonic() - sentAt);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const [fastest = 0, median = 0, slowest = 0] = [sorted[0], sorted[Math.floor(pings / 2)], sorted.at(-1)];
  const isSlow = median > slowMs;
  return {
    verdict: isSlow ? 'WARNING' : 'OK',
    message: `${formatMs(median)} to the daemon and back (median of ${pings})`,
    ...(isSlow && { remedy: 'Look at the load of the host and at the network between. Every call takes that long.' }),
    details: [
      { name: 'fastest', value: formatMs(fastest) },
      { name: 'median', value: formatMs(median) },
      { name: 'slowest', value: formatMs(slowest) },
    ],
  };
}

function formatMs(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}
