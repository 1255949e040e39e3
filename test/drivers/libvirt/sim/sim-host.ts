import { createSimDaemon, type SimDaemon } from '../../../../src/drivers/libvirt/sim/daemon.ts';
import { personalities, type SimHypervisor } from '../../../../src/drivers/libvirt/sim/personality.ts';
import { parseUuid, type Uuid } from '../../../../src/model/brands.ts';
import { createFakeClock, type FakeClock } from '../../../support/fake-clock.ts';
import { openRawClient, type RawClient } from './raw-client.ts';

export type TestHost = {
  readonly daemon: SimDaemon;
  readonly clock: FakeClock;
  readonly client: RawClient;
  /** Another connection to the same daemon. */
  readonly connect: () => Promise<RawClient>;
};

export async function openTestHost(hypervisor: SimHypervisor = 'qemu'): Promise<TestHost> {
  const clock = createFakeClock();
  const daemon = createSimDaemon({ name: 'host-1', hypervisor, clock });
  const connect = async () => openRawClient(daemon.connect(), personalities[hypervisor].uri);
  return { daemon, clock, client: await connect(), connect };
}

export function uuid(number: number): Uuid {
  const parsed = parseUuid(`5a5a5a5a-0000-4000-8000-${String(number).padStart(12, '0')}`);
  if (parsed === null) throw new Error('That is a UUID.');
  return parsed;
}

export const ref = (number: number, name = `guest-${number}`) => ({ name, uuid: uuid(number), id: -1 });

export type GuestParts = {
  readonly name?: string;
  readonly type?: string;
  readonly devices?: string;
  readonly before?: string;
};

/** A definition such as somebody would write by hand. */
export function guestXml(number: number, { name, type = 'qemu', devices = '', before = '' }: GuestParts = {}): string {
  const osType = type === 'lxc' ? 'exe' : 'hvm';
  return `<domain type='${type}'><name>${name ?? `guest-${number}`}</name><uuid>${uuid(number)}</uuid>
    <memory unit='MiB'>64</memory><vcpu>2</vcpu><os><type arch='x86_64'>${osType}</type></os>
    <features><acpi/></features>${before}<devices>${devices}</devices></domain>`;
}

export const nicXml = (address: string | null, source = "<source network='default'/>") =>
  `<interface type='network'>${address === null ? '' : `<mac address='${address}'/>`}${source}</interface>`;

export const define = (client: RawClient, number: number, parts: GuestParts = {}) =>
  client.call('domainDefineXmlFlags', { xml: guestXml(number, parts), flags: 0 });

export async function start(client: RawClient, number: number, parts: GuestParts = {}): Promise<void> {
  await define(client, number, parts);
  await client.call('domainCreateWithFlags', { domain: ref(number), flags: 0 });
}

/** `code` and `domain` of the error that a call must be refused with: libvirt's numbers. */
export const refusal = (code: number, domain: number, message?: string | RegExp) => ({
  remote: {
    code,
    domain,
    level: 2,
    ...(message === undefined ? {} : { message: expectMatching(message) }),
  },
});

function expectMatching(message: string | RegExp): unknown {
  return { asymmetricMatch: (seen: unknown) => typeof seen === 'string' && new RegExp(message).test(seen) };
}
