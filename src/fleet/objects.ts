import type { ProblemCode, Stage } from '../errors.ts';
import type { DomainConfig, DomainInterface, DomainStatus } from '../model/domain.ts';
import type { HostCapabilities, HostFacts, HostStatus } from '../model/host.ts';
import type { DomainMonitor } from '../model/monitor.ts';
import type { Network, StoragePool } from '../model/network.ts';
import type { PackedText } from './replica/packed-text.ts';

export type HostProblemView = {
  readonly code: ProblemCode;
  readonly stage: Stage;
  readonly message: string;
  readonly remedy: string;
  readonly since: number;
  /** Milliseconds since 1970; `null`: not before a person acts. */
  readonly nextAttemptAt: number | null;
};

export type HostView = {
  readonly kind: 'host';
  readonly name: string;
  readonly uri: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
  readonly status: HostStatus;
  readonly problem: HostProblemView | null;
  /** When all that is said of it was last known true, in milliseconds since 1970; `null`: never reached. */
  readonly asOf: number | null;
  readonly stale: boolean;
  readonly facts: HostFacts | null;
  readonly capabilities: HostCapabilities | null;
};

/** A domain as last read. Flat, immutable, shared between the replica, the journal and answers. */
export type DomainRecord = DomainStatus & {
  readonly kind: 'domain';
  readonly hostName: string;
  readonly config: DomainConfig;
  readonly xml: PackedText;
  readonly inactiveXml: PackedText | null;
  /** The cards it starts with next time: `config.interfaces` unless it runs with others; empty for a transient domain. */
  readonly storedInterfaces: readonly DomainInterface[];
  readonly version: string;
  /** What is the matter with the guest's monitor; `null` when nothing is, as far as known. */
  readonly monitor: DomainMonitor | null;
};

export type NetworkRecord = Network & { readonly kind: 'network'; readonly hostName: string };

export type StoragePoolRecord = StoragePool & { readonly kind: 'storagePool'; readonly hostName: string };

export type FleetObject = HostView | DomainRecord | NetworkRecord | StoragePoolRecord;

export type ObjectKind = FleetObject['kind'];

/** Names one object without holding it. `uuid` is empty for a host. */
export type ObjectRef = { readonly kind: ObjectKind; readonly hostName: string; readonly uuid: string };

/** How it became known that an object is another than before. */
export type ChangeOrigin = 'EVENT' | 'RECONCILE' | 'POLL' | 'SNAPSHOT';
