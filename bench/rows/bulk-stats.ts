import type { Lab } from '../../test/lab/lab.ts';
import { openBenchHost, type Subject } from '../bench-host.ts';
import { openOurDriver, openPython, virsh } from '../libvirt-contenders.ts';
import { openGatewayOf, statsOverHttp } from '../over-http.ts';
import { measureSideBySide, ratioGoal } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';

export const row: Row = {
  name: 'bulk-stats',
  title: 'All statistics of all domains of one host',
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
      virsh(subject.virshUri, 'stats', bench.rounds),
      python.contender('stats'),
      unix.contender('stats'),
      ssh.contender('stats'),
      statsOverHttp(gateway, subject.name),
    ],
    bench.rounds,
    subject.domains,
  );
  const [, byPython, ours] = contenders;
  return {
    title: subject.title,
    contenders,
    goals: [
      ratioGoal('our driver to python3-libvirt, both on the unix socket', {
        of: ours,
        to: byPython,
        atMost: subject.domains > 1000 ? 0.7 : 1.15,
      }),
    ],
  };
}
