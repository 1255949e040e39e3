/**
 * Every event of a domain in the callback protocol: its id in `libvirt-domain.h`, the procedure that carries it
 * and its layout in `remote_protocol.x`. The names are those of `virsh event`.
 */
import type { HostHint } from '../../../model/hints.ts';
import {
  agentReasons,
  agentStates,
  blockJobStatuses,
  blockJobTypes,
  diskChangeReasons,
  domainLifecycleNames,
  graphicsFamilies,
  graphicsPhases,
  ioErrorActions,
  jobOperations,
  memoryFailureActions,
  memoryFailureRecipients,
  metadataTypes,
  nameOf,
  trayChangeReasons,
  watchdogActions,
} from './event-names.ts';
import { domainRef } from './objects.ts';
import { type TypedParam, typedParam } from './typed-params.ts';
import { array, type Codec, type Decoded, decode, hyper, int, optional, string, struct, uhyper, uint } from './xdr.ts';

type Detail = Extract<HostHint, { kind: 'domain' }>['detail'];
type DomainRef = Decoded<typeof domainRef>;

export type DomainEvent<M> = {
  /** `virDomainEventID`. */
  readonly id: number;
  /** The procedure number of its messages. */
  readonly procedure: number;
  readonly message: Codec<M>;
  /** The hint in a message's bytes; `protocolError` when they are not such a message. */
  readHint(name: string, payload: Buffer): HostHint;
};

function domainEvent<M extends { readonly domain: DomainRef }>(
  id: number,
  procedure: number,
  message: Codec<M>,
  describe: (message: M) => Detail,
): DomainEvent<M> {
  return {
    id,
    procedure,
    message,
    readHint(name, payload) {
      const decoded = decode(message, payload);
      const { uuid, name: domainName } = decoded.domain;
      return { kind: 'domain', uuid, name: domainName, event: name, detail: describe(decoded) };
    },
  };
}

const base = { callbackId: int, domain: domainRef };
const plain = struct(base);
const withReason = struct({ callbackId: int, reason: int, domain: domainRef });
const withAlias = struct({ ...base, alias: string });
const address = struct({ family: int, node: string, service: string });

export const domainEvents = {
  lifecycle: domainEvent(0, 318, struct({ ...base, event: int, detail: int }), ({ event, detail }) =>
    domainLifecycleNames(event, detail),
  ),
  reboot: domainEvent(1, 319, plain, () => ({})),
  'rtc-change': domainEvent(2, 320, struct({ ...base, offset: hyper }), ({ offset }) => ({ offset: String(offset) })),
  watchdog: domainEvent(3, 321, struct({ ...base, action: int }), ({ action }) => ({
    action: nameOf(watchdogActions, action),
  })),
  'io-error': domainEvent(
    4,
    322,
    struct({ ...base, path: string, alias: string, action: int }),
    ({ path, alias, action }) => ({ path, alias, action: nameOf(ioErrorActions, action) }),
  ),
  graphics: domainEvent(
    5,
    323,
    struct({
      ...base,
      phase: int,
      local: address,
      remote: address,
      authScheme: string,
      subject: array(struct({ type: string, name: string }), 'REMOTE_DOMAIN_EVENT_GRAPHICS_IDENTITY_MAX'),
    }),
    ({ phase, local, remote, authScheme, subject }) => ({
      phase: nameOf(graphicsPhases, phase),
      local: addressText(local),
      remote: addressText(remote),
      authScheme,
      subject: subject.map(({ type, name }) => `${type}=${name}`).join(', '),
    }),
  ),
  'io-error-reason': domainEvent(
    6,
    324,
    struct({ ...base, path: string, alias: string, action: int, reason: string }),
    ({ path, alias, action, reason }) => ({ path, alias, action: nameOf(ioErrorActions, action), reason }),
  ),
  'control-error': domainEvent(7, 325, plain, () => ({})),
  'block-job': domainEvent(
    8,
    326,
    struct({ ...base, path: string, type: int, status: int }),
    ({ path, type, status }) => ({ path, type: nameOf(blockJobTypes, type), status: nameOf(blockJobStatuses, status) }),
  ),
  'disk-change': domainEvent(
    9,
    327,
    struct({ ...base, oldPath: optional(string), newPath: optional(string), alias: string, reason: int }),
    ({ oldPath, newPath, alias, reason }) => ({ oldPath, newPath, alias, reason: nameOf(diskChangeReasons, reason) }),
  ),
  'tray-change': domainEvent(10, 328, struct({ ...base, alias: string, reason: int }), ({ alias, reason }) => ({
    alias,
    reason: nameOf(trayChangeReasons, reason),
  })),
  'pm-wakeup': domainEvent(11, 329, withReason, ({ reason }) => ({ reason })),
  'pm-suspend': domainEvent(12, 330, withReason, ({ reason }) => ({ reason })),
  'balloon-change': domainEvent(13, 331, struct({ ...base, actualKib: uhyper }), ({ actualKib }) => ({
    actualKib: String(actualKib),
  })),
  'pm-suspend-disk': domainEvent(14, 332, withReason, ({ reason }) => ({ reason })),
  'device-removed': domainEvent(15, 333, withAlias, ({ alias }) => ({ alias })),
  'block-job-2': domainEvent(
    16,
    339,
    struct({ ...base, target: string, type: int, status: int }),
    ({ target, type, status }) => ({
      target,
      type: nameOf(blockJobTypes, type),
      status: nameOf(blockJobStatuses, status),
    }),
  ),
  tunable: domainEvent(
    17,
    346,
    struct({ ...base, params: array(typedParam, 'REMOTE_DOMAIN_EVENT_TUNABLE_MAX') }),
    ({ params }) => paramsDetail(params),
  ),
  'agent-lifecycle': domainEvent(18, 348, struct({ ...base, state: int, reason: int }), ({ state, reason }) => ({
    state: nameOf(agentStates, state),
    reason: nameOf(agentReasons, reason),
  })),
  'device-added': domainEvent(19, 354, withAlias, ({ alias }) => ({ alias })),
  'migration-iteration': domainEvent(20, 359, struct({ ...base, iteration: int }), ({ iteration }) => ({ iteration })),
  'job-completed': domainEvent(
    21,
    363,
    struct({ ...base, params: array(typedParam, 'REMOTE_DOMAIN_JOB_STATS_MAX') }),
    ({ params }) => {
      const { operation, ...detail } = paramsDetail(params);
      return { ...detail, ...(typeof operation === 'number' && { operation: nameOf(jobOperations, operation) }) };
    },
  ),
  'device-removal-failed': domainEvent(22, 367, withAlias, ({ alias }) => ({ alias })),
  'metadata-change': domainEvent(
    23,
    379,
    struct({ ...base, type: int, namespace: optional(string) }),
    ({ type, namespace }) => ({ type: nameOf(metadataTypes, type), namespace }),
  ),
  'block-threshold': domainEvent(
    24,
    385,
    struct({ ...base, device: string, path: optional(string), threshold: uhyper, excess: uhyper }),
    ({ device, path, threshold, excess }) => ({
      device,
      path,
      threshold: String(threshold),
      excess: String(excess),
    }),
  ),
  'memory-failure': domainEvent(
    25,
    423,
    struct({ ...base, recipient: int, action: int, flags: uint }),
    ({ recipient, action, flags }) => ({
      recipient: nameOf(memoryFailureRecipients, recipient),
      action: nameOf(memoryFailureActions, action),
      flags,
    }),
  ),
  'memory-device-size-change': domainEvent(
    26,
    438,
    struct({ ...base, alias: string, sizeKib: uhyper }),
    ({ alias, sizeKib }) => ({ alias, sizeKib: String(sizeKib) }),
  ),
  /** Since libvirt 11.2: the guest gave its card another address. */
  'nic-mac-change': domainEvent(
    27,
    453,
    struct({ ...base, alias: string, oldMac: string, newMac: string }),
    ({ alias, oldMac, newMac }) => ({ alias, oldMac, newMac }),
  ),
} as const;

export type DomainEventName = keyof typeof domainEvents;

function addressText({ family, node, service }: Decoded<typeof address>): string {
  return `${nameOf(graphicsFamilies, family)} ${node} ${service}`;
}

function paramsDetail(params: readonly TypedParam[]): Detail {
  const detail: Record<string, string | number> = {};
  for (const { field, value } of params) {
    detail[field] =
      value.type === 'INT' || value.type === 'UINT' || value.type === 'DOUBLE' ? value.value : String(value.value);
  }
  return detail;
}
