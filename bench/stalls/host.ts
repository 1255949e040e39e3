import { createServer } from 'node:net';
import { systemClock } from '../../src/clock.ts';
import { createSimDaemon } from '../../src/drivers/libvirt/sim/daemon.ts';
import { populateMany } from '../../src/drivers/libvirt/sim/embedded-fleet.ts';
import { states } from '../../src/drivers/libvirt/sim/host.ts';
import { resumeDomain, suspendDomain } from '../../src/drivers/libvirt/sim/lifecycle.ts';

/** A process of its own that is a host: an embedded daemon behind a unix socket. Told how many domains to change, it does. */
const [socketPath = '', domains = '0'] = process.argv.slice(2);
const daemon = createSimDaemon({
  name: 'large',
  hypervisor: 'qemu',
  populate: (host) => populateMany(host, Number(domains)),
});
const server = createServer((stream) => daemon.accept(stream));
server.listen(socketPath, () => process.send?.('listening'));

/** Spread over a second, as an operator's script would. */
const bursts = 20;
const burstMs = 45;

process.on('message', (count: number) => {
  const running = [...daemon.host.domains.values()].filter(({ live }) => live !== null).slice(0, count);
  const each = Math.ceil(running.length / bursts);
  let next = 0;
  (function burst() {
    for (const domain of running.slice(next, next + each)) {
      if (domain.state === states.PAUSED) resumeDomain(daemon.host, domain);
      else suspendDomain(daemon.host, domain);
    }
    next += each;
    if (next < running.length) systemClock.after(burstMs, burst);
    else process.send?.(`changed ${running.length}`);
  })();
});
process.on('disconnect', () => process.exit());
