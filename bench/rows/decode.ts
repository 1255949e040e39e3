import { decode } from '../../src/drivers/libvirt/rpc/xdr.ts';
import { statsReply } from '../../src/drivers/libvirt/stats/stats-decoder.ts';
import type { Counter, DomainStatsSample } from '../../src/model/stats.ts';
import { type DomainObject, decodeIntoObjects } from '../peers/object-decoder.ts';
import { type Contender, measureSideBySide, quantile, ratioGoal } from '../rounds.ts';
import type { Row } from '../row.ts';
import { guestUuids, statsReplyBytes } from '../stats-reply.ts';

const guests = 10_000;
/** A decode is short and the collector of garbage is not always in it: many rounds say what it costs on average. */
const roundsOfOne = 4;

export const row: Row = {
  name: 'decode',
  title: 'Decoding a reply of bulk statistics',
  needs: [],
  async run(bench) {
    const bytes = statsReplyBytes(guestUuids(guests));
    const [first] = decodeIntoObjects(bytes);
    const params = Object.keys(first?.params ?? {}).length;
    const contenders = await measureSideBySide(
      [
        {
          name: 'an object for each domain, with BigInt',
          ...timed(() => decodeIntoObjects(bytes), sumOfObjects),
        },
        { name: 'virtgraph, into columns', ...timed(() => decode(statsReply, bytes), sumOfSamples) },
        {
          name: 'virtgraph, into columns, and every reading looked at',
          ...timed(
            () => {
              const samples = decode(statsReply, bytes);
              return { samples, sum: sumOfSamples(samples) };
            },
            ({ sum }) => sum,
          ),
        },
      ],
      bench.rounds * roundsOfOne,
      sumOfObjects(decodeIntoObjects(bytes)),
    );
    const [objects, columns] = contenders;
    const nanoseconds = columns.cpusMs.map((ms) => (ms * 1e6) / (guests * params));
    return [
      {
        title: `${guests} domains of ${params} parameters, ${(bytes.length / 1e6).toFixed(1)} MB`,
        contenders,
        goals: [
          ratioGoal('times faster than an object for each domain', { of: objects, to: columns, atLeast: 8 }),
          {
            // By CPU: where others wait for the same cores, time says how long they were.
            text: 'ns of CPU a parameter',
            ratio: quantile(nanoseconds, 0.5),
            target: 40,
            better: 'lower',
            spread: [quantile(nanoseconds, 0.25), quantile(nanoseconds, 0.75)],
          },
        ],
      },
    ];
  },
};

/** Only the decoding counts, in time and CPU; that its answer is right is looked at afterwards. */
function timed<T>(work: () => T, answer: (result: T) => string): Pick<Contender, 'run' | 'cpu'> {
  let spentMs = 0;
  return {
    cpu: () => spentMs,
    async run() {
      const cpuBefore = process.cpuUsage();
      const startedAt = performance.now();
      const result = work();
      const ms = performance.now() - startedAt;
      const { user, system } = process.cpuUsage(cpuBefore);
      spentMs += (user + system) / 1_000;
      return { answer: answer(result), ms };
    },
  };
}

function sumOfObjects(domains: readonly DomainObject[]): string {
  let sum = 0n;
  let texts = 0;
  for (const { params } of domains) {
    sum += BigInt(Number(params['state.state']) + Number(params['cpu.time']) + Number(params['vcpu.1.time']));
    sum += BigInt(Number(params['balloon.rss']) * 1024 + Number(params['block.0.capacity']));
    sum += BigInt(Number(params['net.0.rx.bytes']) + Number(params['net.1.tx.drop']));
    texts += String(params['net.1.name']).length + String(params['block.0.path']).length;
  }
  return `${domains.length} ${sum} ${texts}`;
}

function sumOfSamples(samples: readonly DomainStatsSample[]): string {
  let sum = 0n;
  let texts = 0;
  for (const { state, cpu, vcpus, memory, interfaces, disks } of samples) {
    const [nic, other] = interfaces ?? [];
    const [disk] = disks ?? [];
    sum += BigInt((state === 'RUNNING' ? 1 : 0) + count(cpu?.timeNs) + count(vcpus?.[1]?.timeNs));
    sum += BigInt(count(memory?.rssBytes) + count(disk?.capacityBytes));
    sum += BigInt(count(nic?.rxBytes) + count(other?.txDrops));
    texts += (other?.name.length ?? 0) + (disk?.path?.length ?? 0);
  }
  return `${samples.length} ${sum} ${texts}`;
}

const count = (value: Counter | null | undefined) => Number(value ?? Number.NaN);
