import { createServer } from 'node:net';
import { createSimDaemon } from '../../src/drivers/libvirt/sim/daemon.ts';
import { populateMany } from '../../src/drivers/libvirt/sim/embedded-fleet.ts';
import { resumeDomain, suspendDomain } from '../../src/drivers/libvirt/sim/lifecycle.ts';
import { hashText } from '../../src/drivers/libvirt/sim/random.ts';
import { type DaemonsOptions, socketOf } from './socket-of.ts';

/**
 * A process of embedded hosts, each on a socket of its own, so that what they cost is not counted with the gateway. Started
 * by `fork` with DaemonsOptions; says `ready`; at each message suspends or resumes the first guest of the first host.
 */
const { folder, hosts, domainsPerHost } = JSON.parse(process.argv[2] ?? '') as DaemonsOptions; // what startDaemons wrote

const daemons = Array.from({ length: hosts }, (_, index) => {
  const name = `host-${index}`;
  return createSimDaemon({
    name,
    hypervisor: 'qemu',
    seed: hashText(name),
    populate: (host) => populateMany(host, domainsPerHost),
  });
});
await Promise.all(
  daemons.map((daemon, index) => {
    const server = createServer((socket) => daemon.accept(socket));
    return new Promise<void>((resolve) => server.listen(socketOf(folder, index), resolve));
  }),
);

const host = daemons[0]?.host;
const [guest] = host?.domains.values() ?? [];
let isSuspended = false;
process.on('message', () => {
  if (host === undefined || guest === undefined) return;
  if (isSuspended) resumeDomain(host, guest);
  else suspendDomain(host, guest);
  isSuspended = !isSuspended;
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
