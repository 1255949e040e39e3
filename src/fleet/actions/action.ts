import type { ShutdownMode, UndefineChoices, XmlDifference } from '../../drivers/driver.ts';
import type { MacAddress, Uuid } from '../../model/brands.ts';
import type { TaskRecord } from '../../model/task.ts';
import type { DomainRecord } from '../objects.ts';

/** Changes that were asked for with an idempotency key, and what became of them. */
export type RememberedAnswers = {
  /**
   * Does the work, or answers as the first time: plain JSON, or the same error. `fingerprint` tells one input from
   * another. @throws CONFLICT where the key has been used for something else, BAD_USER_INPUT for a bad key
   */
  readonly once: <T>(request: OnceRequest, work: (sending: (plan: ChangePlan) => void) => Promise<T>) => Promise<T>;
};

export type OnceRequest = {
  readonly key: string;
  readonly fingerprint: string;
  /** The work calls `sending` before anything is sent to a host: until then, a failure has changed nothing. */
  readonly tellsWhenSent: boolean;
};

/** A change that is about to be sent to its host: enough to find out afterwards whether it took effect. */
export type ChangePlan = Pick<TaskRecord, 'hostName' | 'domainUuid' | 'domainName' | 'goal' | 'summary'>;

/** A change of one domain: what every action is told. */
export type ActionRequest = {
  readonly hostName: string;
  readonly uuid: Uuid;
  readonly dryRun: boolean;
  readonly expectedVersion: string | null;
  readonly signal: AbortSignal;
  /** Called when the change is about to be sent. What it throws keeps it from being sent. */
  readonly sending?: (plan: ChangePlan) => void;
};

/** `domain` is read back from the host after the change; `null` when it is gone (or, for a dry run, would be new). */
export type ActionOutcome = {
  readonly domain: DomainRecord | null;
  readonly summary: string;
  readonly warnings: readonly string[];
  /** What goes on after the answer; absent where nothing does. */
  readonly task?: TaskRecord | null;
  /** Of a dry run of a redefinition. */
  readonly differences?: readonly XmlDifference[] | null;
};

export type DomainActions = {
  start(
    request: ActionRequest & { readonly paused: boolean; readonly discardManagedSave: boolean },
  ): Promise<ActionOutcome>;
  /** `waitMs`: how long its task waits for the guest. */
  shutdown(request: ActionRequest & { readonly mode: ShutdownMode; readonly waitMs?: number }): Promise<ActionOutcome>;
  reboot(request: ActionRequest & { readonly mode: ShutdownMode; readonly waitMs?: number }): Promise<ActionOutcome>;
  reset(request: ActionRequest): Promise<ActionOutcome>;
  forceOff(request: ActionRequest & { readonly graceful: boolean }): Promise<ActionOutcome>;
  suspend(request: ActionRequest): Promise<ActionOutcome>;
  resume(request: ActionRequest): Promise<ActionOutcome>;
  define(request: {
    readonly hostName: string;
    readonly xml: string;
    readonly validate: boolean;
    readonly dryRun: boolean;
    readonly expectedVersion: string | null;
    readonly signal: AbortSignal;
    readonly sending?: ActionRequest['sending'];
  }): Promise<ActionOutcome>;
  undefine(request: ActionRequest & { readonly choices: UndefineChoices }): Promise<ActionOutcome>;
  setAutostart(request: ActionRequest & { readonly autostart: boolean }): Promise<ActionOutcome>;
  attachInterface(
    request: ActionRequest & {
      readonly source: { readonly kind: 'network' | 'bridge'; readonly name: string };
      readonly model: string | null;
      /** `null`: allocate one that is free across the fleet. */
      readonly macAddress: MacAddress | null;
      /** `null`: whatever fits the domain's state. */
      readonly live: boolean | null;
      readonly persistent: boolean | null;
      readonly force: boolean;
    },
  ): Promise<ActionOutcome & { readonly macAddress: MacAddress }>;
  detachInterface(
    request: ActionRequest & {
      readonly macAddress: MacAddress;
      readonly live: boolean | null;
      readonly persistent: boolean | null;
    },
  ): Promise<ActionOutcome>;
};
