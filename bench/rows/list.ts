import type { Lab } from '../../test/lab/lab.ts';
import { entryOf, openBenchHost, type Subject } from '../bench-host.ts';
import { keepIn } from '../keep.ts';
import { openGo, openOurDriver, openPython, openUnraid, virsh } from '../libvirt-contenders.ts';
import { freshOverHttp, listOverHttp, openGatewayOf } from '../over-http.ts';
import { PeerNotAvailable } from '../peers.ts';
import { measureSideBySide, notAvailable, ratioGoal } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';

export const row: Row = {
  name: 'list',
  title: 'All domains of one host with their state',
  needs: ['lab', 'python', 'go', 'npm-peers'],
  async run(bench) {
    const { lab, qemu, test } = await openBenchHost(bench);
    return [await compare(bench, lab, qemu), await compare(bench, lab, test)];
  },
};

async function compare(bench: BenchContext, lab: Lab, subject: Subject): Promise<Comparison> {
  await using opened = new AsyncDisposableStack();
  const keep = keepIn(opened);
  const unraid = await openUnraid(bench, subject).then(keep, unlessNotAvailable);
  const [python, go] = [keep(await openPython(subject)), keep(await openGo(bench, subject))];
  const unix = keep(await openOurDriver('unix socket', subject.unixUri));
  const ssh = keep(await openOurDriver('over ssh', subject.sshUri));
  const gateway = keep(await openGatewayOf(lab, entryOf(subject)));
  const [byVirsh, byPython, byGo, byUnix, bySsh, fromMemory, fresh, ...more] = await measureSideBySide(
    [
      virsh(subject.virshUri, 'list', bench.rounds),
      python.contender('list'),
      go.contender('list'),
      unix.contender('list'),
      ssh.contender('list'),
      listOverHttp(gateway, subject.name),
      freshOverHttp(gateway, subject.name),
      // Thousands of questions each time.
      ...(unraid instanceof PeerNotAvailable
        ? []
        : [{ ...unraid.contender('list'), rounds: Math.min(5, bench.rounds) }]),
    ] as const,
    bench.rounds,
    subject.domains,
  );
  const missing = unraid instanceof PeerNotAvailable ? [notAvailable('@unraid/libvirt', unraid.message)] : [];
  return {
    title: subject.title,
    contenders: [byVirsh, ...more, ...missing, byPython, byGo, byUnix, bySsh, fromMemory, fresh],
    goals: [ratioGoal('times faster than virsh, over HTTP from memory', { of: byVirsh, to: fromMemory, atLeast: 20 })],
  };
}

function unlessNotAvailable(error: unknown): PeerNotAvailable {
  if (error instanceof PeerNotAvailable) return error;
  throw error;
}
