import type { DomainRecord } from '../../src/fleet/objects.ts';
import { packText } from '../../src/fleet/replica/packed-text.ts';
import type { MacAddress } from '../../src/model/brands.ts';
import type { DomainInterface, DomainState } from '../../src/model/domain.ts';
import { uuidOf } from './fake-host.ts';

export type DomainRecordParts = {
  readonly number: number;
  readonly name?: string;
  readonly hostName?: string;
  readonly state?: DomainState;
  readonly memoryBytes?: number;
  readonly vcpus?: number;
  readonly macs?: readonly MacAddress[];
  readonly bridge?: string;
  readonly persistent?: boolean;
};

export function nicOf(macAddress: MacAddress, bridge = 'br0'): DomainInterface {
  return {
    macAddress,
    type: 'bridge',
    source: bridge,
    bridge: null,
    model: null,
    linkUp: null,
    target: null,
    targetManaged: true,
    alias: null,
  };
}

/** A domain as the replica would hold it; running guests are those that are not SHUTOFF. */
export function domainRecord(parts: DomainRecordParts): DomainRecord {
  const { number, name = `guest-${number}`, hostName = 'a', state = 'SHUTOFF', memoryBytes = 1, vcpus = 1 } = parts;
  const uuid = uuidOf(number);
  const interfaces = (parts.macs ?? []).map((mac) => nicOf(mac, parts.bridge));
  return {
    kind: 'domain',
    hostName,
    uuid,
    name,
    libvirtId: state === 'SHUTOFF' ? null : number,
    state,
    stateReason: 'unknown',
    persistent: parts.persistent ?? true,
    autostart: false,
    hasManagedSave: false,
    config: {
      name,
      uuid,
      title: null,
      description: null,
      type: 'kvm',
      hypervisor: 'KVM',
      osType: 'hvm',
      arch: null,
      machine: null,
      vcpus,
      maxVcpus: vcpus,
      memoryBytes,
      maxMemoryBytes: memoryBytes,
      bootDevices: [],
      features: [],
      interfaces,
      disks: [],
      graphics: [],
      consoles: [],
    },
    xml: packText('<domain/>'),
    inactiveXml: null,
    storedInterfaces: interfaces,
    version: '1',
    monitor: null,
  };
}
