/** `npm run bench`: what a libvirt client costs, ours beside the others, in one run on real hosts of the lab. */
import { type Gateway, openGateway } from '../test/lab/gateway.ts';
import { openLab } from '../test/lab/lab.ts';
import { type Operation, openOurDriver, openPython, operations, virsh } from './contenders.ts';
import { measureEvents } from './event-latency.ts';
import { qemuSubject, type Subject, startQemuGuests, testSubject } from './fleet-under-test.ts';
import { overHttp } from './gateway-contenders.ts';
import { type Contender, type Measured, measureSideBySide } from './rounds.ts';
import { formatMs, formatTable } from './table.ts';

const rounds = Number(process.argv[2] ?? 15);
const events = 200;
const virshRounds = Math.min(5, rounds);

const titles: Record<Operation, string> = {
  list: 'all domains with their state',
  stats: 'all statistics of all domains',
};

async function main(): Promise<void> {
  await using lab = await openLab({ hosts: 1, hostKeyTypes: ['ed25519'], purpose: 'bench' });
  const [host] = lab.hosts;
  if (!host) throw new Error('the lab has no host');
  console.log('Starting guests …');
  await startQemuGuests(host);

  const subjects = [qemuSubject(lab, host), testSubject(lab, host)];
  const gateway = await openGateway(lab, {
    hosts: subjects.map(({ name, sshUri }) => ({ name, uri: sshUri })),
    config: { log: { level: 'warn' } },
  });
  try {
    await gateway.ready(...subjects.map(({ name }) => name));
    for (const subject of subjects) await compare(subject, gateway);
    console.log(`\nFrom an action to its event`);
    console.log(await measureEvents(gateway, qemuSubject(lab, host).unixUri, 'bench20', events));
  } finally {
    await gateway.close();
  }
}

async function compare(subject: Subject, gateway: Gateway): Promise<void> {
  const python = await openPython(subject.pythonUri);
  const unix = await openOurDriver('unix socket', subject.unixUri);
  const ssh = await openOurDriver('over ssh', subject.sshUri);
  try {
    for (const operation of operations) {
      const contenders: Contender[] = [
        virsh(subject.virshUri, operation, virshRounds),
        python.contender(operation),
        unix.contender(operation),
        ssh.contender(operation),
        ...overHttp(gateway, subject.name, operation),
      ];
      print(subject, operation, await measureSideBySide(contenders, rounds, subject.domains));
    }
  } finally {
    await Promise.all([python, unix, ssh].map((opened) => opened.close()));
  }
}

function print(subject: Subject, operation: Operation, measured: readonly Measured[]): void {
  const base = measured.find(({ name }) => name.startsWith('python3'))?.medianMs ?? Number.NaN;
  const rows = measured.map(({ name, medianMs, minMs, rounds }) => [
    name,
    formatMs(medianMs),
    formatMs(minMs),
    `${(medianMs / base).toFixed(2)} ×`,
    String(rounds),
  ]);
  console.log(`\n${subject.title}: ${titles[operation]}`);
  console.log(formatTable(['', 'median ms', 'min ms', 'to python3-libvirt', 'rounds'], rows));
}

await main();
