import type { ErrorCode } from '../errors.ts';
import type { MacAddress, Uuid } from './brands.ts';

export const taskStates = ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'INTERRUPTED', 'UNKNOWN'] as const;
export type TaskState = (typeof taskStates)[number];

export const taskKinds = [
  'SHUTDOWN_DOMAIN',
  'REBOOT_DOMAIN',
  'FORCE_OFF_DOMAIN',
  'DETACH_INTERFACE',
  'RESOLVE_OUTCOME',
  'HOST_JOB',
] as const;
export type TaskKind = (typeof taskKinds)[number];

/** How far a job of the host has come, as libvirt counts it. */
export type TaskProgress = {
  /** 0 to 100; `null`: libvirt does not know the end. */
  readonly percent: number | null;
  readonly processed: number;
  readonly remaining: number | null;
  readonly unit: 'BYTES' | 'STEPS';
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
  /** `null`: of a domain that has no UUID yet, which `domainName` finds. */
  readonly domainUuid: Uuid | null;
  readonly domainName: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
  readonly cancellable: boolean;
  readonly goal: TaskGoal;
  /** Until when the goal is waited for, in milliseconds since 1970; `null`: as long as it takes to know. */
  readonly deadlineAt: number | null;
};

export function isTaskOver({ state }: Pick<TaskRecord, 'state'>): boolean {
  return state !== 'PENDING' && state !== 'RUNNING';
}
