import { systemClock } from '../../src/clock.ts';
import { openDriver } from '../../src/drivers/index.ts';
import { stopSimDaemons } from '../../src/drivers/libvirt/sim/targets.ts';
import { silentLog } from '../../src/log.ts';
import type { HostTarget } from '../../src/model/target.ts';
import { createHandshakeLimiter } from '../../src/ssh/handshake-limiter.ts';
import { describeDriverContract } from './driver-contract.ts';

const target: HostTarget = {
  name: 'contract',
  uri: 'qemu+sim://contract/system',
  labels: {},
  readOnly: false,
  driver: 'qemu',
  transport: { kind: 'sim', daemonName: 'contract', options: { domains: '0', activity: 'off' } },
  connectName: 'qemu:///system',
  session: false,
  socket: null,
  mode: 'auto',
  keepaliveIntervalMs: 5_000,
  keepaliveCount: 5,
};

describeDriverContract('the embedded host', async () => ({
  network: 'default',
  openDriver: ({ readOnly }) =>
    openDriver(
      { ...target, readOnly },
      { clock: systemClock, log: silentLog, limiter: createHandshakeLimiter() },
      { signal: new AbortController().signal },
    ),
  close: async () => stopSimDaemons(),
}));
