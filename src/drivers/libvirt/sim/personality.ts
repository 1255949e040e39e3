/**
 * How the daemon's drivers differ, as far as callers notice. Read off libvirt 9.0 (`src/qemu`, `src/lxc`, `src/test`)
 * and off what a real daemon of that version answered.
 */
import type { FailureSource } from './failure.ts';

export type SimHypervisor = 'qemu' | 'lxc' | 'test';

export type Personality = {
  readonly hypervisor: SimHypervisor;
  /** `virConnectGetType`. */
  readonly driverType: string;
  /** As libvirt packs versions: major × 1,000,000 + minor × 1,000 + release. */
  readonly hypervisorVersion: number;
  readonly source: FailureSource;
  /** The canonical name of a connection to it, and all that it answers to. */
  readonly uri: string;
  readonly acceptedUris: RegExp;
  /** Values of `<domain type>` that it runs. */
  readonly domainTypes: readonly string[];
  readonly osTypes: readonly string[];
  readonly emulator: string | null;
  /** What `virConnectGetAllDomainStats` knows. */
  readonly bulkStats: 'all' | 'state' | 'none';
  readonly supports: Readonly<Record<'controlInfo' | 'reset' | 'devices' | 'secrets', boolean>>;
  /** The bits that each call takes. */
  readonly flags: Readonly<
    Record<'create' | 'destroy' | 'shutdown' | 'reboot' | 'undefine' | 'define' | 'xml', number>
  >;
  /** Numbers of running domains: counted from 1, or that of their first process. */
  readonly libvirtIds: 'counted' | 'process';
  /** Devices of running guests have aliases, and their coming and going is told. */
  readonly deviceAliases: boolean;
  /** The device of an interface on the host gets its own name and address from the daemon while the guest runs. */
  readonly taps: boolean;
};

export const personalities = {
  qemu: {
    hypervisor: 'qemu',
    driverType: 'QEMU',
    hypervisorVersion: 7_002_022,
    source: 'QEMU',
    uri: 'qemu:///system',
    acceptedUris: /^qemu:\/\/\/(system|session|embed)/,
    domainTypes: ['qemu', 'kvm'],
    osTypes: ['hvm'],
    emulator: '/usr/bin/qemu-system-x86_64',
    bulkStats: 'all',
    supports: { controlInfo: true, reset: true, devices: true, secrets: true },
    flags: { create: 0x2f, destroy: 0x3, shutdown: 0x3, reboot: 0x3, undefine: 0x7f, define: 0x1, xml: 0xf },
    libvirtIds: 'counted',
    deviceAliases: true,
    taps: true,
  },
  lxc: {
    hypervisor: 'lxc',
    driverType: 'LXC',
    // The kernel's version stands for the hypervisor's.
    hypervisorVersion: 6_001_044,
    source: 'LXC',
    uri: 'lxc:///system',
    acceptedUris: /^lxc:\/\/\/(system)?$/,
    domainTypes: ['lxc'],
    osTypes: ['exe'],
    emulator: '/usr/lib/libvirt/libvirt_lxc',
    bulkStats: 'none',
    supports: { controlInfo: false, reset: false, devices: true, secrets: true },
    flags: { create: 0x2, destroy: 0, shutdown: 0xc, reboot: 0xc, undefine: 0, define: 0x1, xml: 0xf },
    libvirtIds: 'process',
    deviceAliases: false,
    taps: true,
  },
  test: {
    hypervisor: 'test',
    driverType: 'TEST',
    hypervisorVersion: 2,
    source: 'TEST',
    uri: 'test:///default',
    acceptedUris: /^test:\/\/\//,
    domainTypes: ['test'],
    osTypes: ['hvm', 'xen', 'linux', 'exe'],
    emulator: null,
    bulkStats: 'state',
    supports: { controlInfo: true, reset: true, devices: false, secrets: false },
    flags: { create: 0, destroy: 0x1, shutdown: 0, reboot: 0x1f, undefine: 0x3, define: 0x1, xml: 0xf },
    libvirtIds: 'counted',
    deviceAliases: false,
    taps: false,
  },
} as const satisfies Record<SimHypervisor, Personality>;
