/** Procedures about one domain. Numbers and layouts: `remote_protocol.x`; flags: `libvirt-domain.h`. */
import { domainRef } from './objects.ts';
import { change, procedureTable, query } from './procedure.ts';
import { typedParam } from './typed-params.ts';
import { array, flag, hyper, int, nothing, optional, string, struct, uhyper, uint, uuid } from './xdr.ts';

/** `virDomainXMLFlags`; never SECURE (1), which would bring passwords. */
export const xmlFlags = { INACTIVE: 2 } as const;
export const createFlags = { PAUSED: 1, FORCE_BOOT: 8 } as const;
export const defineFlags = { VALIDATE: 1 } as const;
export const destroyFlags = { GRACEFUL: 1 } as const;
export const undefineFlags = {
  MANAGED_SAVE: 1,
  SNAPSHOTS_METADATA: 2,
  NVRAM: 4,
  KEEP_NVRAM: 8,
  CHECKPOINTS_METADATA: 16,
  TPM: 32,
  KEEP_TPM: 64,
} as const;
/** `virDomainModificationImpact`. */
export const affectFlags = { LIVE: 1, CONFIG: 2 } as const;

/** `virDomainGetJobStatsFlags`. */
export const jobStatsFlags = { COMPLETED: 1, KEEP_COMPLETED: 2 } as const;
/** `virDomainBlockJobAbortFlags`; never PIVOT (2), which ends a copy by going over to it. */
export const blockJobAbortFlags = { ASYNC: 1 } as const;

const domainArgs = struct({ domain: domainRef });
const domainFlagsArgs = struct({ domain: domainRef, flags: uint });
const domainReply = struct({ domain: domainRef });
const deviceArgs = struct({ domain: domainRef, xml: string, flags: uint });

const domainInterface = struct({
  name: string,
  hardwareAddress: optional(string),
  addresses: array(struct({ type: int, address: string, prefix: uint }), 'REMOTE_DOMAIN_IP_ADDR_MAX'),
});

export const domainProcedures = procedureTable({
  domainLookupByUuid: query(24, 'control', struct({ uuid }), domainReply),
  domainLookupByName: query(23, 'control', struct({ name: string }), domainReply),
  domainGetState: query(212, 'control', domainFlagsArgs, struct({ state: int, reason: int })),
  domainGetControlInfo: query(
    229,
    'control',
    domainFlagsArgs,
    struct({ state: uint, details: uint, stateTimeMs: uhyper }),
  ),
  domainGetInfo: query(
    16,
    'work',
    domainArgs,
    struct({ state: uint, maxMemoryKib: uhyper, memoryKib: uhyper, vcpus: uint, cpuTimeNs: uhyper }),
  ),
  domainGetXmlDesc: query(14, 'work', domainFlagsArgs, struct({ xml: string })),
  domainIsPersistent: query(151, 'control', domainArgs, struct({ persistent: flag })),
  domainGetAutostart: query(15, 'control', domainArgs, struct({ autostart: flag })),
  domainHasManagedSaveImage: query(183, 'work', domainFlagsArgs, struct({ result: flag })),

  domainCreateWithFlags: change(196, 'work', domainFlagsArgs, domainReply),
  domainShutdownFlags: change(258, 'work', domainFlagsArgs, nothing),
  domainReboot: change(27, 'work', domainFlagsArgs, nothing),
  domainReset: change(245, 'work', domainFlagsArgs, nothing),
  /** On the control lane, where the daemon's reserved workers serve it: it is what frees a stuck guest. */
  domainDestroyFlags: change(234, 'control', domainFlagsArgs, nothing),
  domainSuspend: change(34, 'work', domainArgs, nothing),
  domainResume: change(28, 'work', domainArgs, nothing),

  domainDefineXmlFlags: change(350, 'work', struct({ xml: string, flags: uint }), domainReply),
  domainUndefineFlags: change(231, 'work', domainFlagsArgs, nothing),
  domainSetAutostart: change(29, 'work', struct({ domain: domainRef, autostart: flag }), nothing),
  domainAttachDeviceFlags: change(160, 'work', deviceArgs, nothing),
  domainDetachDeviceFlags: change(161, 'work', deviceArgs, nothing),

  domainInterfaceAddresses: query(
    353,
    'work',
    struct({ domain: domainRef, source: uint, flags: uint }),
    struct({ interfaces: array(domainInterface, 'REMOTE_DOMAIN_INTERFACE_MAX') }),
  ),
  domainMemoryStats: query(
    159,
    'work',
    struct({ domain: domainRef, maxStats: uint, flags: uint }),
    struct({ stats: array(struct({ tag: int, value: uhyper }), 'REMOTE_DOMAIN_MEMORY_STATS_MAX') }),
  ),
  domainBlockStats: query(
    64,
    'work',
    struct({ domain: domainRef, path: string }),
    struct({ readRequests: hyper, readBytes: hyper, writeRequests: hyper, writeBytes: hyper, errors: hyper }),
  ),
  domainInterfaceStats: query(
    65,
    'work',
    struct({ domain: domainRef, device: string }),
    struct({
      rxBytes: hyper,
      rxPackets: hyper,
      rxErrors: hyper,
      rxDrops: hyper,
      txBytes: hyper,
      txPackets: hyper,
      txErrors: hyper,
      txDrops: hyper,
    }),
  ),
  /** `startCpu` -1 and `cpus` 1: the totals; `paramCount` 0: how many there are. */
  domainGetCpuStats: query(
    262,
    'work',
    struct({ domain: domainRef, paramCount: uint, startCpu: int, cpus: uint, flags: uint }),
    struct({ params: array(typedParam, 'REMOTE_DOMAIN_GET_CPU_STATS_MAX'), paramCount: int }),
  ),
  domainGetJobInfo: query(
    163,
    'work',
    domainArgs,
    struct({
      type: int,
      timeElapsedMs: uhyper,
      timeRemainingMs: uhyper,
      dataTotal: uhyper,
      dataProcessed: uhyper,
      dataRemaining: uhyper,
      memoryTotal: uhyper,
      memoryProcessed: uhyper,
      memoryRemaining: uhyper,
      fileTotal: uhyper,
      fileProcessed: uhyper,
      fileRemaining: uhyper,
    }),
  ),
  domainGetJobStats: query(
    298,
    'work',
    domainFlagsArgs,
    struct({ type: int, params: array(typedParam, 'REMOTE_DOMAIN_JOB_STATS_MAX') }),
  ),
  domainGetBlockJobInfo: query(
    238,
    'work',
    struct({ domain: domainRef, path: string, flags: uint }),
    struct({ found: flag, type: int, bandwidth: uhyper, done: uhyper, end: uhyper }),
  ),
  domainAbortJob: change(164, 'work', domainArgs, nothing),
  domainBlockJobAbort: change(237, 'work', struct({ domain: domainRef, path: string, flags: uint }), nothing),
});
