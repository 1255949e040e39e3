import type { Uuid } from '../../../model/brands.ts';
import { element } from '../xml/navigate.ts';
import type { XmlElement } from '../xml/tree.ts';
import { textElement } from './format.ts';
import { type Random, randomUuid } from './random.ts';

export type SimNetwork = {
  readonly name: string;
  readonly uuid: Uuid;
  readonly bridge: string;
  readonly bridgeMac: string;
  readonly active: boolean;
  readonly autostart: boolean;
  readonly root: XmlElement;
};

export type SimPool = {
  readonly name: string;
  readonly uuid: Uuid;
  readonly active: boolean;
  readonly autostart: boolean;
  readonly capacityBytes: bigint;
  readonly allocationBytes: bigint;
  readonly root: XmlElement;
};

const GiB = 1024n ** 3n;

/** libvirt's default network, and an isolated one that is not started. */
export function createNetworks(random: Random): SimNetwork[] {
  return [
    createNetwork(random, { name: 'default', bridge: 'virbr0', forwards: true, active: true, subnet: '192.168.122' }),
    createNetwork(random, { name: 'isolated', bridge: 'virbr1', forwards: false, active: false, subnet: '10.20.30' }),
  ];
}

type NetworkPlan = {
  readonly name: string;
  readonly bridge: string;
  readonly forwards: boolean;
  readonly active: boolean;
  readonly subnet: string;
};

function createNetwork(random: Random, { name, bridge, forwards, active, subnet }: NetworkPlan): SimNetwork {
  const uuid = randomUuid(random);
  const bridgeMac = `52:54:00:${random.hex(2)}:${random.hex(2)}:${random.hex(2)}`;
  const ports = element('nat', {}, [element('port', { start: '1024', end: '65535' })]);
  const leases = element('dhcp', {}, [element('range', { start: `${subnet}.2`, end: `${subnet}.254` })]);
  const root = element('network', {}, [
    textElement('name', name),
    textElement('uuid', uuid),
    ...(forwards ? [element('forward', { mode: 'nat' }, [ports])] : []),
    element('bridge', { name: bridge, stp: 'on', delay: '0' }),
    element('mac', { address: bridgeMac }),
    element('ip', { address: `${subnet}.1`, netmask: '255.255.255.0' }, [leases]),
  ]);
  return { name, uuid, bridge, bridgeMac, active, autostart: active, root };
}

export function createPools(random: Random): SimPool[] {
  const uuid = randomUuid(random);
  const capacityBytes = 500n * GiB;
  const allocationBytes = BigInt(80 + random.below(300)) * GiB;
  const size = (name: string, bytes: bigint) => element(name, { unit: 'bytes' }, [String(bytes)]);
  const permissions = element('permissions', {}, [
    textElement('mode', '0711'),
    textElement('owner', '0'),
    textElement('group', '0'),
  ]);
  const root = element('pool', { type: 'dir' }, [
    textElement('name', 'default'),
    textElement('uuid', uuid),
    size('capacity', capacityBytes),
    size('allocation', allocationBytes),
    size('available', capacityBytes - allocationBytes),
    element('source'),
    element('target', {}, [textElement('path', '/var/lib/libvirt/images'), permissions]),
  ]);
  return [{ name: 'default', uuid, active: true, autostart: true, capacityBytes, allocationBytes, root }];
}
