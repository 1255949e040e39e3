/** The `Driver` of a libvirt host: verbs in terms of procedures and XML, over the lanes of one transport. */
import type { Clock } from '../../clock.ts';
import { hostProblem, VirtgraphError, withHost } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { CallFeed } from '../../model/calls.ts';
import type { HostTarget } from '../../model/target.ts';
import type { Driver } from '../driver.ts';
import { type ConnectOptions, type LibvirtConnection, openLibvirtConnection } from './connect.ts';
import { jobVerbs } from './domain-jobs.ts';
import { createDomainRefs } from './domain-refs.ts';
import { domainVerbs } from './driver-domains.ts';
import { hostVerbs } from './driver-host.ts';
import { inventoryVerbs } from './driver-inventory.ts';
import { statsVerbs } from './driver-stats.ts';
import { registerEvents } from './event-registration.ts';
import { hasBulkStats, readFacts, readHostCapabilities } from './facts.ts';
import { createGuestHealth, type GuestHealth } from './guests/guest-health.ts';
import { createHintQueue } from './hint-queue.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { checkDomainXml } from './native-check.ts';
import { openRoutes, type Transport } from './transport/transport.ts';
import { diffXml } from './xml/diff.ts';

/** Hints that may wait for the reader: a host of thousands of guests may start them all at once. */
const hintCapacity = 4_096;

/** Of a lane that is opened when first needed. */
const laneDeadlineMs = 45_000;

export type LibvirtDriverDependencies = {
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every call that has ended. */
  readonly calls?: Pick<CallFeed, 'tell'>;
};

/**
 * Opens the control lane, registers for events and learns what the host is, over a transport that it owns from now on.
 * A host is fit for a list when this returns: no change after that goes unheard.
 */
export async function openLibvirtDriver(
  target: HostTarget,
  transport: Transport,
  { clock, log, calls }: LibvirtDriverDependencies,
  { signal }: { readonly signal: AbortSignal },
): Promise<Driver> {
  const hintQueue = createHintQueue(hintCapacity);
  const { connectName, readOnly, keepaliveIntervalMs, keepaliveCount } = target;
  const options: ConnectOptions = {
    connectName,
    readOnly,
    keepaliveIntervalMs,
    keepaliveCount,
    clock,
    onHint: (hint) => hintQueue.push(hint),
  };
  const routes = openRoutes(transport.routes, log);
  const connect = (laneSignal: AbortSignal) =>
    routes.connect((stream) => openLibvirtConnection(stream, options, { signal: laneSignal }), { signal: laneSignal });

  let control: LibvirtConnection | null = null;
  try {
    control = await connect(signal);
    const { client } = control;
    const lanes = createLanes({
      control,
      openConnection: (over) => withLaneDeadline(clock, over, connect),
      single: isWorldOfItsOwn(connectName),
      clock,
      ...(calls && { onCallEnd: (call) => calls.tell({ ...call, host: target.name }) }),
    });
    void client.closed.then(() => hintQueue.end());
    // The events come before any list: what is asked afterwards is then either told or already counted in. Beside what is
    // no list, which a host that is far away would take two journeys more for.
    const [events, facts, bulkStats] = await Promise.all([
      control.hasEvents ? registerEvents(lanes, signal) : [],
      readFacts(lanes, { readOnly, signal }),
      hasBulkStats(lanes, signal),
    ]);
    const capabilities = await readHostCapabilities(lanes, { events, bulkStats, readOnly, signal });
    log.debug({ host: target.name, events: events.length, hypervisor: facts.hypervisor }, 'libvirt connection open');
    const named = namingHost(lanes, target.name);
    const health = createGuestHealth({
      lanes: named,
      clock,
      log,
      onChange: ({ uuid, name }) => hintQueue.push({ kind: 'domain', uuid, name, event: 'monitor', detail: {} }),
    });
    void client.closed.then(() => health.close());
    const parts = { facts, capabilities, hints: hintQueue.hints };
    return assemble(target, transport, named, parts, { health, clock, log });
  } catch (error) {
    await control?.close();
    await transport.close();
    throw withHost(asOpenFailure(error), target.name);
  }
}

/** A daemon that takes the connection and then says nothing is a problem of the host, and may be over in a while. */
export function asOpenFailure(error: unknown): unknown {
  if (!(error instanceof VirtgraphError) || error.code !== 'TIMEOUT' || error.detail.problem) return error;
  return hostProblem(
    'LIBVIRT_OPEN_FAILED',
    `The daemon was reached and does not answer. ${error.message}`,
    'See whether `virsh list` answers on the host; if not, restart the daemon (guests go on running).',
    { cause: error },
  );
}

function assemble(
  target: HostTarget,
  transport: Transport,
  lanes: Lanes,
  parts: Pick<Driver, 'facts' | 'capabilities' | 'hints'>,
  watching: LibvirtDriverDependencies & { readonly health: GuestHealth },
): Driver {
  const refs = createDomainRefs(lanes, watching.health);
  const { capabilities } = parts;
  let closing: Promise<void> | null = null;
  const close = async () => {
    await lanes.close();
    await transport.close();
  };
  const closed: Promise<VirtgraphError> = lanes.closed.then(async (reason) => {
    // Without its control lane nothing of a host is of use: let go of the rest, also where nobody calls close().
    closing ??= close();
    // What goes wrong while cleaning up is no news beside the reason why it has to be.
    await Promise.allSettled([closing]);
    // withHost returns a VirtgraphError whatever it is given.
    return withHost(reason, target.name);
  });
  return {
    ...parts,
    ...inventoryVerbs(lanes, refs, watching.health, capabilities),
    ...statsVerbs(lanes, refs, capabilities, watching),
    ...domainVerbs(lanes, refs),
    ...hostVerbs(lanes, capabilities),
    ...jobVerbs(refs),
    compareDomainXml: diffXml,
    checkDomainXml: (xml, options) => checkDomainXml(lanes, parts.facts, xml, options),
    closed,
    link: () => lanes.link(),
    lastHeardAt: () => lanes.lastHeardAt(),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/**
 * Each connection to `test:///some/file.xml` reads that file anew and keeps its own copy of everything; of
 * `test:///default` all connections share one.
 */
function isWorldOfItsOwn(connectName: string): boolean {
  return connectName.startsWith('test:') && connectName !== 'test:///default';
}

/** Every failure of a call says which host it was. */
function namingHost(lanes: Lanes, host: string): Lanes {
  return {
    ...lanes,
    async call(procedure, args, options) {
      try {
        return await lanes.call(procedure, args, options);
      } catch (error) {
        throw withHost(error, host);
      }
    },
  };
}

/** A lane belongs to all who wait for it, so it has a deadline of its own and nobody's signal. */
async function withLaneDeadline<T>(
  clock: Clock,
  over: AbortSignal,
  open: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const cancel = clock.after(laneDeadlineMs, () => controller.abort());
  const giveUp = () => controller.abort(over.reason);
  over.addEventListener('abort', giveUp);
  try {
    return await open(controller.signal);
  } finally {
    cancel();
    over.removeEventListener('abort', giveUp);
  }
}
