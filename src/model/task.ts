import type { ErrorCode } from '../errors.ts';
import type { MacAddress, Uuid } from './brands.ts';
import type { ProbeReport } from './probe.ts';

export const taskStates = ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'INTERRUPTED', 'UNKNOWN'] as const;
export type TaskState = (typeof taskStates)[number];

/** What the gateway does about a host as a whole, rather than what a host does. */
export const hostTaskKinds = ['REFRESH_HOST', 'RETRY_HOST', 'PROBE_HOST', 'TRUST_HOST_KEY'] as const;
export type HostTaskKind = (typeof hostTaskKinds)[number];

export const taskKinds = [
  'SHUTDOWN_DOMAIN',
  'REBOOT_DOMAIN',
  'FORCE_OFF_DOMAIN',
  'DETACH_INTERFACE',
  'RESOLVE_OUTCOME',
  'HOST_JOB',
  ...hostTaskKinds,
] as const;
export type TaskKind = (typeof taskKinds)[number];

/** How far it has come: a job of the host as libvirt counts it, other things by the steps that they take. */
export type TaskProgress = {
  /** 0 to 100; `null`: nobody knows the end. */
  readonly percent: number | null;
  readonly processed: number;
  readonly remaining: number | null;
  readonly unit: 'BYTES' | 'STEPS';
  /** The name of the step that is under way, where they have names. */
  readonly step?: string | null;
};

/**
 * What a change leads to, so that it can be seen of the domain alone whether it took effect; also by another run of the
 * gateway than the one that asked for it, so it is plain JSON.
 */
export type TaskGoal =
  /**
   * Off, or off since: `libvirtId` is the number that it ran under. `byGuest`: the guest was only asked, so that it
   * still runs does not mean that it was not.
   */
  | { readonly want: 'OFF'; readonly libvirtId: number | null; readonly byGuest: boolean }
  | { readonly want: 'ACTIVE' }
  | { readonly want: 'PAUSED' }
  | { readonly want: 'RUNNING' }
  /** It runs, and not under the number that it had. Where the number stays, only an event tells. */
  | { readonly want: 'REBOOTED'; readonly libvirtId: number | null }
  /** `version`: of what was stored before; `null`: nothing was. */
  | { readonly want: 'STORED'; readonly version: string | null }
  | { readonly want: 'NOT_STORED' }
  | { readonly want: 'AUTOSTART'; readonly autostart: boolean }
  | {
      readonly want: 'CARD';
      readonly macAddress: MacAddress;
      readonly isThere: boolean;
      readonly live: boolean;
      readonly persistent: boolean;
    }
  /**
   * A job of libvirt's own is there no more. `job`: the domain's, or that of a disk. `began`: between which times, in
   * milliseconds since 1970; absent in what was kept before there was such a thing.
   */
  | {
      readonly want: 'JOB_OVER';
      readonly job: string;
      readonly operation: string;
      readonly began?: { readonly earliest: number; readonly latest: number } | null;
    }
  /** What the gateway does itself ends with it: no other run can tell. */
  | { readonly want: 'DONE_HERE' }
  /** A reset leaves nothing that could be seen afterwards. */
  | { readonly want: 'NOTHING_VISIBLE' };

/** One thing that takes its time. Immutable: what changes is a new object of the same id. */
export type TaskRecord = {
  readonly kind: 'task';
  readonly id: Uuid;
  readonly taskKind: TaskKind;
  readonly state: TaskState;
  /** What it is about, as a sentence. */
  readonly summary: string;
  readonly progress: TaskProgress | null;
  readonly hostName: string;
  /** `null`: of a domain that has no UUID yet, which `domainName` finds; or of none. */
  readonly domainUuid: Uuid | null;
  /** `null`: it is about the host as a whole. */
  readonly domainName: string | null;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  readonly cancellable: boolean;
  /** Of a probe: what it has found so far. */
  readonly probe?: ProbeReport;
  readonly goal: TaskGoal;
  /** Until when the goal is waited for, in milliseconds since 1970; `null`: as long as it takes to know. */
  readonly deadlineAt: number | null;
};

export function isTaskOver({ state }: Pick<TaskRecord, 'state'>): boolean {
  return state !== 'PENDING' && state !== 'RUNNING';
}
