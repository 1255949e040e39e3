/** Embedded hosts as targets, and the daemons behind them: one for each name in this process, made when first asked for. */
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../../../clock.ts';
import { VirtgraphError } from '../../../errors.ts';
import type { HostTarget } from '../../../model/target.ts';
import type { Transport } from '../transport/transport.ts';
import { startActivity } from './activity.ts';
import { createSimDaemon, type SimDaemon } from './daemon.ts';
import { embeddedHosts, populate, populateMany } from './embedded-fleet.ts';
import { personalities, type SimHypervisor } from './personality.ts';
import { hashText } from './random.ts';

/** Those of the fleet that `npm start` shows. */
export function simTargets(): HostTarget[] {
  return Object.entries(embeddedHosts).map(([name, { hypervisor, site }]) => ({
    name,
    uri: `${hypervisor}+sim://${name}/system`,
    labels: { site, embedded: 'true' },
    readOnly: false,
    driver: hypervisor,
    transport: { kind: 'sim', daemonName: name, options: {} },
    connectName: personalities[hypervisor].uri,
    session: false,
    socket: null,
    mode: 'auto',
    keepaliveIntervalMs: 5000,
    keepaliveCount: 5,
  }));
}

type SimTarget = Pick<HostTarget, 'driver' | 'readOnly' | 'transport'>;

/** The way to an embedded host, as to one over a socket. */
export function simTransport(target: SimTarget): Transport {
  const open = async ({ signal }: { readonly signal: AbortSignal }) => {
    signal.throwIfAborted();
    return openSimStream(target);
  };
  return { routes: [{ label: 'embedded host', kind: 'socket', open }], close: async () => {} };
}

/** @throws VirtgraphError SOCKET_REFUSED while the host refuses, BAD_USER_INPUT for options that mean nothing. */
function openSimStream(target: SimTarget): Duplex {
  return simDaemon(target).connect({ readOnly: target.readOnly });
}

type Running = { readonly daemon: SimDaemon; readonly stop: () => void };
const running = new Map<string, Running>();

/** The daemon behind a target; made at the first call, and the same ever after until it is stopped. */
export function simDaemon({ driver, transport }: SimTarget, clock: Clock = systemClock): SimDaemon {
  if (transport.kind !== 'sim') throw new VirtgraphError('INTERNAL', 'This target is no embedded host.');
  const { daemonName } = transport;
  let known = running.get(daemonName);
  if (known === undefined) {
    known = startDaemon(daemonName, driver, readOptions(daemonName, transport.options), clock);
    running.set(daemonName, known);
  }
  return known.daemon;
}

/** Stops every embedded host of this process; the next call for one makes a new one. */
export function stopSimDaemons(): void {
  for (const { stop } of running.values()) stop();
  running.clear();
}

type SimOptions = { readonly domains: number | null; readonly seed: number; readonly activity: boolean };

function startDaemon(name: string, driver: string, { domains, seed, activity }: SimOptions, clock: Clock): Running {
  const plan = Object.hasOwn(embeddedHosts, name) ? embeddedHosts[name] : undefined;
  const hypervisor = asHypervisor(driver, name);
  const guests = domains === null && plan?.hypervisor === hypervisor ? plan.guests : [];
  const daemon = createSimDaemon({
    name,
    hypervisor,
    seed,
    clock,
    populate(host) {
      populate(host, guests);
      populateMany(host, domains ?? (guests.length > 0 ? 0 : 5));
    },
  });
  const stopActivity = activity && guests.length > 0 ? startActivity(daemon.host, guests) : null;
  const stop = () => {
    stopActivity?.();
    daemon.close();
  };
  return { daemon, stop };
}

function asHypervisor(driver: string, name: string): SimHypervisor {
  if (Object.hasOwn(personalities, driver)) return driver as SimHypervisor; // its keys are the type's members
  const known = Object.keys(personalities).join(', ');
  throw new VirtgraphError('BAD_USER_INPUT', `The embedded host ${name} cannot be "${driver}": it can be ${known}.`);
}

const maxDomains = 16_384; // what one list of libvirt's protocol holds: REMOTE_DOMAIN_LIST_MAX

/** `domains`: how many alike guests in place of the usual ones; `seed`: for other loads and addresses; `activity=off`. */
function readOptions(name: string, options: Readonly<Record<string, string>>): SimOptions {
  const refuse = (option: string, expected: string) =>
    new VirtgraphError('BAD_USER_INPUT', `The embedded host ${name}: expected "${option}" to be ${expected}.`);
  const number = (option: string, most: number): number | null => {
    const written = options[option];
    if (written === undefined) return null;
    if (!/^\d{1,10}$/.test(written) || Number(written) > most) throw refuse(option, `a number up to ${most}`);
    return Number(written);
  };
  const unknown = Object.keys(options).find((option) => !['domains', 'seed', 'activity'].includes(option));
  if (unknown !== undefined) {
    throw new VirtgraphError('BAD_USER_INPUT', `The embedded host ${name} has no option "${unknown}".`);
  }
  const activity = options['activity'] ?? 'on';
  if (activity !== 'on' && activity !== 'off') throw refuse('activity', 'on or off');
  return {
    domains: number('domains', maxDomains),
    seed: number('seed', 0xffff_ffff) ?? hashText(name),
    activity: activity === 'on',
  };
}
