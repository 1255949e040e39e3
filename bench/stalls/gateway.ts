import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../../src/clock.ts';
import { openDriver } from '../../src/drivers/index.ts';
import { openFleet } from '../../src/fleet/fleet.ts';
import { storedNewsVersion } from '../../src/fleet/journal/stored-news.ts';
import { silentLog } from '../../src/log.ts';
import { createHandshakeLimiter } from '../../src/ssh/handshake-limiter.ts';
import { journalShelf } from '../../src/store/journal-shelf.ts';
import { openLastingStore } from '../../src/store/lasting-store.ts';
import { openGateway } from '../../test/support/gateway.ts';
import { targetOf } from '../libvirt-contenders.ts';
import type { Stalls, StallsRequest } from './messages.ts';

/**
 * The process whose event loop is watched: a gateway with its journal on disk, which dials when it is told to; or, as
 * `idle`, one that does nothing, so that what the machine itself delays is seen.
 */
const [what, socketPath = '', dir = ''] = process.argv.slice(2);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

/** A turn of the loop as it was paid for, however long the machine let it wait. A millisecond apart, or a turn longer. */
let longestTurnCpuMs = 0;
let lastCpu = process.threadCpuUsage();
setInterval(() => {
  const cpu = process.threadCpuUsage();
  longestTurnCpuMs = Math.max(longestTurnCpuMs, (cpu.user + cpu.system - lastCpu.user - lastCpu.system) / 1_000);
  lastCpu = cpu;
}, 1);

const dial = Promise.withResolvers<void>();
const fleet = what === 'idle' ? null : await openFleetOf();

async function openFleetOf() {
  const store = openLastingStore({
    file: join(dir, 'store.sqlite'),
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    lockTimeoutMs: 0,
    shelves: (take) => take(journalShelf(storedNewsVersion)),
  });
  if (store === 'in use' || !store.health.isInUse) throw new Error('The store cannot be used.');
  const deps = { log: silentLog, clock: systemClock, limiter: createHandshakeLimiter() };
  const opened = openFleet({
    id: randomUUID(),
    targets: [{ ...targetOf(`qemu+unix:///system?socket=${socketPath}`), name: 'large' }],
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    store: store.lend((journal) => journal),
    async openDriver(target, options) {
      await dial.promise;
      return openDriver(target, deps, options);
    },
  });
  await openGateway(opened);
  return opened;
}

function take(): Stalls {
  const journal = fleet?.metrics().journal;
  const found: Stalls = {
    wallMs: delay.max / 1e6,
    cpuMs: longestTurnCpuMs,
    isReady: fleet?.host('large')?.status === 'READY',
    changes: journal?.written ?? 0,
    journalEntries: journal?.entries ?? 0,
    journalBytes: journal?.estimatedBytes ?? 0,
  };
  delay.reset();
  longestTurnCpuMs = 0;
  return found;
}

process.on('message', (request: StallsRequest) => {
  if (request === 'dial') dial.resolve();
  process.send?.(take());
});
process.on('disconnect', () => process.exit());
process.send?.('open');
