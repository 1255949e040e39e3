import type { Clock } from '../../../clock.ts';
import type { Uuid } from '../../../model/brands.ts';
import type { DomainConfig } from '../../../model/domain.ts';
import type { DomainRef } from '../rpc/objects.ts';
import { readDomainConfig } from '../xml/domain.ts';
import type { XmlElement } from '../xml/tree.ts';
import type { EventSink } from './event-sink.ts';
import { createNetworks, createPools, type SimNetwork, type SimPool } from './host-objects.ts';
import type { SimJobs } from './jobs.ts';
import type { Personality } from './personality.ts';
import { createRandom, type Random } from './random.ts';
import type { StuckGuest } from './stuck-guest.ts';

/** `virDomainState`, those that a simulated guest can be in. */
export const states = {
  RUNNING: 1,
  BLOCKED: 2,
  PAUSED: 3,
  SHUTDOWN: 4,
  SHUTOFF: 5,
  CRASHED: 6,
  PMSUSPENDED: 7,
} as const;
export type StateNumber = (typeof states)[keyof typeof states];

/** One domain of the daemon. Changed only by the functions of lifecycle.ts, domain-store.ts and devices.ts. */
export type SimDomain = {
  readonly uuid: Uuid;
  readonly name: string;
  /** What it starts with next time; `null` for a transient domain. */
  inactive: XmlElement | null;
  /** Of the running guest. A domain has at least one of the two. */
  live: XmlElement | null;
  /** -1 when it is not active, as on the wire. */
  libvirtId: number;
  state: StateNumber;
  reason: number;
  autostart: boolean;
  hasManagedSave: boolean;
  /** How long its processors ran before `runningSince`, and since when they run; `null` while they do not. */
  ranMs: number;
  runningSince: number | null;
  stuck: StuckGuest | null;
  /** Takes back what the guest was about to do by itself, such as to power off. */
  cancelPending: (() => void) | null;
  readonly jobs: SimJobs;
};

/** Everything that a simulated daemon knows. */
export type SimHost = {
  readonly name: string;
  readonly personality: Personality;
  readonly clock: Clock;
  readonly random: Random;
  readonly seed: number;
  readonly domains: Map<Uuid, SimDomain>;
  readonly uuidByName: Map<string, Uuid>;
  readonly networks: readonly SimNetwork[];
  readonly pools: readonly SimPool[];
  readonly events: EventSink;
  nextLibvirtId(): number;
  nextTapName(): string;
  nextMacvtapName(): string;
  nextGraphicsPort(): number;
};

export type SimHostOptions = {
  readonly name: string;
  readonly personality: Personality;
  readonly clock: Clock;
  readonly seed: number;
  readonly events: EventSink;
};

export function createSimHost({ name, personality, clock, seed, events }: SimHostOptions): SimHost {
  const random = createRandom(seed);
  let libvirtIds = 0;
  let taps = 0;
  let macvtaps = 0;
  let graphics = 0;
  return {
    name,
    personality,
    clock,
    random,
    seed,
    events,
    domains: new Map(),
    uuidByName: new Map(),
    networks: createNetworks(random),
    pools: createPools(random),
    nextLibvirtId: () => {
      libvirtIds += personality.libvirtIds === 'counted' ? 1 : 1000 + random.below(500);
      return libvirtIds;
    },
    nextTapName: () => `vnet${taps++}`,
    nextMacvtapName: () => `macvtap${macvtaps++}`,
    nextGraphicsPort: () => 5900 + graphics++,
  };
}

export const isActive = (domain: SimDomain): boolean => domain.libvirtId >= 0;

export function refOf({ name, uuid, libvirtId }: SimDomain): DomainRef {
  return { name, uuid, id: libvirtId };
}

/** The XML that holds now: of the running guest, else what was defined. */
export function presentXml(domain: SimDomain): XmlElement {
  const root = domain.live ?? domain.inactive;
  if (root === null) throw new Error(`The domain ${domain.name} is neither active nor defined.`);
  return root;
}

const configs = new WeakMap<XmlElement, DomainConfig>();

/** {@link presentXml} as the model has it; read once for each tree. */
export function presentConfig(domain: SimDomain): DomainConfig {
  const root = presentXml(domain);
  let config = configs.get(root);
  if (config === undefined) {
    config = readDomainConfig(root);
    configs.set(root, config);
  }
  return config;
}

/** For how long its processors have run since it was started. */
export function ranForMs(host: SimHost, domain: SimDomain): number {
  if (domain.runningSince === null) return domain.ranMs;
  // One that hangs as a stopped process does uses no processor; when it goes on, it has slept through the time between.
  const until = domain.stuck?.since ?? host.clock.monotonic();
  return domain.ranMs + Math.max(0, until - domain.runningSince);
}
