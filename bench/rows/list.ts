import type { Lab } from '../../test/lab/lab.ts';
import { openBenchHost, type Subject } from '../bench-host.ts';
import { openOurDriver, openPython, virsh } from '../libvirt-contenders.ts';
import { freshOverHttp, listOverHttp, openGatewayOf } from '../over-http.ts';
import { measureSideBySide, ratioGoal } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';

export const row: Row = {
  name: 'list',
  title: 'All domains of one host with their state',
  needs: ['lab', 'python'],
  async run(bench) {
    const { lab, qemu, test } = await openBenchHost(bench);
    return [await compare(bench, lab, qemu), await compare(bench, lab, test)];
  },
};

async function compare(bench: BenchContext, lab: Lab, subject: Subject): Promise<Comparison> {
  await using opened = new AsyncDisposableStack();
  const python = opened.adopt(await openPython(subject.pythonUri), (peer) => peer.close());
  const unix = opened.adopt(await openOurDriver('unix socket', subject.unixUri), (driver) => driver.close());
  const ssh = opened.adopt(await openOurDriver('over ssh', subject.sshUri), (driver) => driver.close());
  const gateway = opened.adopt(await openGatewayOf(lab, subject), (process) => process.close());
  const contenders = await measureSideBySide(
    [
      virsh(subject.virshUri, 'list', bench.rounds),
      python.contender('list'),
      unix.contender('list'),
      ssh.contender('list'),
      listOverHttp(gateway, subject.name),
      freshOverHttp(gateway, subject.name),
    ],
    bench.rounds,
    subject.domains,
  );
  const [byVirsh, , , , fromMemory] = contenders;
  return {
    title: subject.title,
    contenders,
    goals: [ratioGoal('over HTTP from memory, times faster than virsh', { of: byVirsh, to: fromMemory, atLeast: 20 })],
  };
}
