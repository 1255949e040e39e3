import type { Driver } from '../../../src/drivers/driver.ts';
import { openLibvirtDriver } from '../../../src/drivers/libvirt/driver.ts';
import { createSimDaemon, type SimDaemon } from '../../../src/drivers/libvirt/sim/daemon.ts';
import { defineDomain } from '../../../src/drivers/libvirt/sim/domain-store.ts';
import { startDomain } from '../../../src/drivers/libvirt/sim/lifecycle.ts';
import { personalities, type SimHypervisor } from '../../../src/drivers/libvirt/sim/personality.ts';
import type { Transport } from '../../../src/drivers/libvirt/transport/transport.ts';
import { silentLog } from '../../../src/log.ts';
import type { Uuid } from '../../../src/model/brands.ts';
import type { HostTarget } from '../../../src/model/target.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { guestXml, uuid } from './sim/sim-host.ts';

export const simTarget = {
  name: 'h1',
  uri: 'qemu+sim://sim/system',
  labels: {},
  readOnly: false,
  driver: 'qemu',
  transport: { kind: 'sim', daemonName: 'sim', options: {} },
  connectName: 'qemu:///system',
  session: false,
  socket: null,
  mode: 'auto',
  keepaliveIntervalMs: 5_000,
  keepaliveCount: 5,
} as const satisfies HostTarget;

/** The driver of an embedded host whose guests all run, in a time of its own. */
export type SimDriver = {
  readonly driver: Driver;
  readonly daemon: SimDaemon;
  readonly clock: FakeClock;
  readonly running: readonly Uuid[];
  close(): Promise<void>;
};

export type SimDriverOptions = { readonly guests: number; readonly hypervisor?: SimHypervisor };

export async function openSimDriver({ guests, hypervisor = 'qemu' }: SimDriverOptions): Promise<SimDriver> {
  const clock = createFakeClock();
  const running = Array.from({ length: guests }, (_, index) => uuid(index + 1));
  const daemon = createSimDaemon({
    name: 'sim',
    hypervisor,
    clock,
    populate(host) {
      for (let number = 1; number <= guests; number += 1) {
        const domain = defineDomain(host, guestXml(number, { type: hypervisor }), { validate: false });
        startDomain(host, domain, { paused: false, forceBoot: false });
      }
    },
  });
  const transport: Transport = {
    routes: [{ label: 'sim', kind: 'socket', open: async () => daemon.connect() }],
    close: async () => {},
  };
  const { signal } = new AbortController();
  const target = { ...simTarget, driver: hypervisor, connectName: personalities[hypervisor].uri };
  const driver = await openLibvirtDriver(target, transport, { clock, log: silentLog }, { signal });
  return {
    driver,
    daemon,
    clock,
    running,
    async close() {
      const closing = driver.close();
      await clock.advance(2_000);
      await closing;
      daemon.close();
    },
  };
}
