import { describe, expect, test } from 'vitest';
import { type ProcedureName, procedures } from '../../../../src/drivers/libvirt/rpc/procedures.ts';
import { type Codec, decode, encode } from '../../../../src/drivers/libvirt/rpc/xdr.ts';

const uuidHex = '00112233445566778899aabbccddeeff';
const uuid = '00112233-4455-6677-8899-aabbccddeeff';
const domain = { name: 'vm', uuid, id: 3 };
const domainHex = `00000002766d0000${uuidHex}00000003`;
const object = { name: 'obj', uuid };
const objectHex = `000000036f626a00${uuidHex}`;
const flagsHex = '00000002';
const none = [null, ''] as const;
const xml = [{ xml: '<a/>' }, '000000043c612f3e'] as const;
const yes = '00000001';
const registered = [{ callbackId: 5 }, '00000005'] as const;

/** number, arguments and their bytes, reply and its bytes. */
type Row = readonly [number, readonly [unknown, string], readonly [unknown, string]];

const domainFlags = [{ domain, flags: 2 }, domainHex + flagsHex] as const;
const justDomain = [{ domain }, domainHex] as const;
const list = [{ needResults: true, flags: 3 }, '0000000100000003'] as const;

const rows: Readonly<Record<ProcedureName, Row>> = {
  authList: [66, none, [{ types: [0, 2] }, '000000020000000000000002']],
  authPolkit: [70, none, [{ complete: true }, yes]],
  connectOpen: [1, [{ name: 'test:///', flags: 1 }, `0000000100000008746573743a2f2f2f00000001`], none],
  connectClose: [2, none, none],
  connectGetType: [3, none, [{ type: 'QEMU' }, '0000000451454d55']],
  connectGetVersion: [4, none, [{ version: 7_002_000 }, '00000000006ad790']],
  connectGetLibVersion: [157, none, [{ version: 9_000_000 }, '0000000000895440']],
  connectGetHostname: [59, none, [{ hostname: 'h' }, '0000000168000000']],
  connectGetUri: [110, none, [{ uri: 'u' }, '0000000175000000']],
  connectSupportsFeature: [60, [{ feature: 10 }, '0000000a'], [{ supported: true }, yes]],
  connectGetCapabilities: [7, none, [{ capabilities: 'c' }, '0000000163000000']],
  connectDomainXmlToNative: [
    136,
    [{ nativeFormat: 'f', domainXml: 'd', flags: 0 }, '0000000166000000000000016400000000000000'],
    [{ nativeConfig: 'n' }, '000000016e000000'],
  ],
  nodeGetInfo: [
    6,
    none,
    [
      { model: 'x', memoryKib: 1n, cpus: 2, mhz: 3, nodes: 4, sockets: 5, cores: 6, threads: 7 },
      `00000078${'00000000'.repeat(31)}0000000000000001000000020000000300000004000000050000000600000007`,
    ],
  ],
  connectListAllDomains: [273, list, [{ domains: [domain], count: 1 }, `00000001${domainHex}00000001`]],
  connectListAllNetworks: [283, list, [{ networks: [object], count: 1 }, `00000001${objectHex}00000001`]],
  connectListAllStoragePools: [281, list, [{ pools: [object], count: 1 }, `00000001${objectHex}00000001`]],
  connectListAllNodeDevices: [285, list, [{ devices: [{ name: 'd' }], count: 1 }, '00000001000000016400000000000001']],
  connectListAllSecrets: [
    287,
    list,
    [
      { secrets: [{ uuid, usageType: 1, usageId: 'v' }], count: 1 },
      `00000001${uuidHex}00000001000000017600000000000001`,
    ],
  ],
  connectGetAllDomainStats: [
    344,
    [{ domains: [domain], stats: 1, flags: 2 }, `00000001${domainHex}0000000100000002`],
    [
      { records: [{ domain, params: [{ field: 'state.state', value: { type: 'INT', value: 1 } }] }] },
      `00000001${domainHex}000000010000000b73746174652e7374617465000000000100000001`,
    ],
  ],
  domainLookupByUuid: [24, [{ uuid }, uuidHex], justDomain],
  domainLookupByName: [23, [{ name: 'vm' }, '00000002766d0000'], justDomain],
  domainGetState: [212, domainFlags, [{ state: 1, reason: 5 }, '0000000100000005']],
  domainGetControlInfo: [
    229,
    domainFlags,
    [{ state: 2, details: 0, stateTimeMs: 4007n }, '00000002000000000000000000000fa7'],
  ],
  domainGetInfo: [
    16,
    justDomain,
    [
      { state: 1, maxMemoryKib: 2n, memoryKib: 3n, vcpus: 4, cpuTimeNs: 5n },
      '0000000100000000000000020000000000000003000000040000000000000005',
    ],
  ],
  domainGetXmlDesc: [14, domainFlags, xml],
  domainIsPersistent: [151, justDomain, [{ persistent: true }, yes]],
  domainGetAutostart: [15, justDomain, [{ autostart: true }, yes]],
  domainHasManagedSaveImage: [183, domainFlags, [{ result: true }, yes]],
  domainCreateWithFlags: [196, domainFlags, justDomain],
  domainShutdownFlags: [258, domainFlags, none],
  domainReboot: [27, domainFlags, none],
  domainReset: [245, domainFlags, none],
  domainDestroyFlags: [234, domainFlags, none],
  domainSuspend: [34, justDomain, none],
  domainResume: [28, justDomain, none],
  domainDefineXmlFlags: [350, [{ xml: '<a/>', flags: 1 }, '000000043c612f3e00000001'], justDomain],
  domainUndefineFlags: [231, domainFlags, none],
  domainSetAutostart: [29, [{ domain, autostart: true }, domainHex + yes], none],
  domainAttachDeviceFlags: [160, [{ domain, xml: '<a/>', flags: 3 }, `${domainHex}000000043c612f3e00000003`], none],
  domainDetachDeviceFlags: [161, [{ domain, xml: '<a/>', flags: 3 }, `${domainHex}000000043c612f3e00000003`], none],
  domainInterfaceAddresses: [
    353,
    [{ domain, source: 1, flags: 0 }, `${domainHex}0000000100000000`],
    [
      { interfaces: [{ name: 'e', hardwareAddress: null, addresses: [{ type: 0, address: '::1', prefix: 128 }] }] },
      '000000010000000165000000000000000000000100000000000000033a3a310000000080',
    ],
  ],
  domainMemoryStats: [
    159,
    [{ domain, maxStats: 13, flags: 0 }, `${domainHex}0000000d00000000`],
    [{ stats: [{ tag: 7, value: 9n }] }, '00000001000000070000000000000009'],
  ],
  domainBlockStats: [
    64,
    [{ domain, path: 'a' }, `${domainHex}0000000161000000`],
    [
      { readRequests: 1n, readBytes: 2n, writeRequests: 3n, writeBytes: 4n, errors: -1n },
      '0000000000000001000000000000000200000000000000030000000000000004ffffffffffffffff',
    ],
  ],
  domainInterfaceStats: [
    65,
    [{ domain, device: 'v' }, `${domainHex}0000000176000000`],
    [
      { rxBytes: 1n, rxPackets: 2n, rxErrors: 3n, rxDrops: 4n, txBytes: 5n, txPackets: 6n, txErrors: 7n, txDrops: 8n },
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => n.toString(16).padStart(16, '0')).join(''),
    ],
  ],
  domainGetCpuStats: [
    262,
    [{ domain, paramCount: 0, startCpu: -1, cpus: 1, flags: 0 }, `${domainHex}00000000ffffffff0000000100000000`],
    [{ params: [], paramCount: 3 }, '0000000000000003'],
  ],
  domainGetJobInfo: [
    163,
    justDomain,
    [
      {
        type: 1,
        timeElapsedMs: 2n,
        timeRemainingMs: 3n,
        dataTotal: 4n,
        dataProcessed: 5n,
        dataRemaining: 6n,
        memoryTotal: 7n,
        memoryProcessed: 8n,
        memoryRemaining: 9n,
        fileTotal: 10n,
        fileProcessed: 11n,
        fileRemaining: 12n,
      },
      `00000001${[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => n.toString(16).padStart(16, '0')).join('')}`,
    ],
  ],
  domainGetJobStats: [
    298,
    domainFlags,
    [
      { type: 1, params: [{ field: 'operation', value: { type: 'INT', value: 2 } }] },
      '0000000100000001000000096f7065726174696f6e0000000000000100000002',
    ],
  ],
  domainGetBlockJobInfo: [
    238,
    [{ domain, path: 'vda', flags: 0 }, `${domainHex}000000037664610000000000`],
    [
      { found: true, type: 2, bandwidth: 3n, done: 4n, end: 5n },
      `0000000100000002${[3, 4, 5].map((n) => n.toString(16).padStart(16, '0')).join('')}`,
    ],
  ],
  domainAbortJob: [164, justDomain, none],
  domainBlockJobAbort: [237, [{ domain, path: 'vda', flags: 1 }, `${domainHex}000000037664610000000001`], none],
  networkLookupByUuid: [47, [{ uuid }, uuidHex], [{ network: object }, objectHex]],
  networkLookupByName: [46, [{ name: 'obj' }, '000000036f626a00'], [{ network: object }, objectHex]],
  networkGetXmlDesc: [43, [{ network: object, flags: 2 }, objectHex + flagsHex], xml],
  networkIsActive: [152, [{ network: object }, objectHex], [{ active: true }, yes]],
  networkIsPersistent: [153, [{ network: object }, objectHex], [{ persistent: true }, yes]],
  networkGetAutostart: [44, [{ network: object }, objectHex], [{ autostart: true }, yes]],
  networkGetBridgeName: [45, [{ network: object }, objectHex], [{ name: 'b' }, '0000000162000000']],
  networkGetDhcpLeases: [
    341,
    [{ network: object, mac: null, needResults: true, flags: 0 }, `${objectHex}000000000000000100000000`],
    [
      {
        leases: [
          {
            interface: 'b',
            expiryTime: 1n,
            type: 0,
            mac: 'm',
            iaid: null,
            address: 'a',
            prefix: 24,
            hostname: null,
            clientId: null,
          },
        ],
        count: 1,
      },
      '0000000100000001620000000000000000000001000000000000000100000001' +
        '6d000000000000000000000161000000000000180000000000000000' +
        '00000001',
    ],
  ],
  storagePoolLookupByUuid: [85, [{ uuid }, uuidHex], [{ pool: object }, objectHex]],
  storagePoolLookupByName: [84, [{ name: 'obj' }, '000000036f626a00'], [{ pool: object }, objectHex]],
  storagePoolGetInfo: [
    87,
    [{ pool: object }, objectHex],
    [
      { state: 2, capacityBytes: 3n, allocationBytes: 2n, availableBytes: 1n },
      '00000002000000000000000300000000000000020000000000000001',
    ],
  ],
  storagePoolGetXmlDesc: [88, [{ pool: object, flags: 2 }, objectHex + flagsHex], xml],
  storagePoolIsActive: [154, [{ pool: object }, objectHex], [{ active: true }, yes]],
  storagePoolIsPersistent: [155, [{ pool: object }, objectHex], [{ persistent: true }, yes]],
  storagePoolGetAutostart: [89, [{ pool: object }, objectHex], [{ autostart: true }, yes]],
  nodeDeviceLookupByName: [113, [{ name: 'd' }, '0000000164000000'], [{ device: { name: 'd' } }, '0000000164000000']],
  nodeDeviceGetXmlDesc: [114, [{ name: 'd', flags: 0 }, '000000016400000000000000'], xml],
  domainEventRegister: [316, [{ eventId: 1, domain: null }, '0000000100000000'], registered],
  domainEventDeregister: [317, registered, none],
  networkEventRegister: [313, [{ eventId: 0, network: null }, '0000000000000000'], registered],
  networkEventDeregister: [314, registered, none],
  storagePoolEventRegister: [368, [{ eventId: 1, pool: null }, '0000000100000000'], registered],
  storagePoolEventDeregister: [369, registered, none],
  nodeDeviceEventRegister: [374, [{ eventId: 1, device: null }, '0000000100000000'], registered],
  nodeDeviceEventDeregister: [375, registered, none],
  secretEventRegister: [380, [{ eventId: 1, secret: null }, '0000000100000000'], registered],
  secretEventDeregister: [381, registered, none],
  closeCallbackRegister: [360, none, none],
  closeCallbackUnregister: [361, none, none],
};

describe.each(Object.keys(rows) as ProcedureName[])('%s', (name) => {
  const [number, args, reply] = rows[name];
  const procedure = procedures[name];

  test('has its number and knows its own name', () => {
    expect(procedure).toMatchObject({ number, name });
  });

  test.each([
    ['arguments', procedure.args, args],
    ['reply', procedure.reply, reply],
  ] as const)('its %s are these bytes', (_what, codec, [value, bytes]) => {
    // The rows pair each procedure with a value of its own types.
    const anyCodec = codec as Codec<unknown>;
    expect(encode(anyCodec, value).toString('hex')).toBe(bytes);
    expect(decode(anyCodec, Buffer.from(bytes, 'hex'))).toEqual(value);
  });
});

test('no two procedures share a number', () => {
  const numbers = Object.values(procedures).map(({ number }) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
});
