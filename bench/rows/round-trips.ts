import type { Driver } from '../../src/drivers/driver.ts';
import { openBenchHost } from '../bench-host.ts';
import { openDriverFor } from '../libvirt-contenders.ts';
import { formatFigure } from '../report.ts';
import { measureSideBySide, quantile, ratioGoal, type Timed } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';

/** Together ten thousand calls over SSH, besides those of the first round. */
const smallCalls = 8_000;
const longCalls = 2_000;

/** An acknowledgement that is held back for a segment that is held back for it comes after 40 ms, give or take a timer's tick. */
const delayedAckMs = [38, 48] as const;

/**
 * What a call costs over SSH beside the socket itself, and whether Nagle's algorithm and delayed acknowledgements ever meet:
 * they do when either end of the SSH connection leaves the algorithm on.
 */
export const row: Row = {
  name: 'round-trips',
  title: 'One call and its answer, over SSH and on the socket',
  needs: ['lab'],
  run: measureRoundTrips,
};

async function measureRoundTrips(bench: BenchContext): Promise<readonly Comparison[]> {
  const { qemu } = await openBenchHost(bench);
  const drivers = [await openDriverFor(qemu.sshUri), await openDriverFor(qemu.unixUri)] as const;
  try {
    const uuid = await drivers[0].findDomain('bench1', { signal });
    return [
      await compare('an answer of a few bytes', drivers, smallCalls, (driver) => driver.ping({ signal })),
      await compare('the XML of a domain, some segments long', drivers, longCalls, async (driver) => {
        await driver.readDomainXml(uuid, { inactive: false, signal });
      }),
    ];
  } finally {
    await Promise.all(drivers.map((driver) => driver.close()));
  }
}

const { signal } = new AbortController();

async function compare(
  what: string,
  [overSsh, onSocket]: readonly [Driver, Driver],
  calls: number,
  call: (driver: Driver) => Promise<unknown>,
): Promise<Comparison> {
  const contender = (name: string, driver: Driver) => ({
    name,
    async run() {
      await call(driver);
      return { answer: true };
    },
  });
  const [ssh, socket] = await measureSideBySide(
    [contender("virtgraph's driver, over ssh", overSsh), contender("virtgraph's driver, unix socket", onSocket)],
    calls,
    true,
  );
  return {
    title: `${calls} times ${what}`,
    contenders: [ssh, socket],
    facts: [ssh, socket].map(({ name, timesMs }) => ({
      name: `99 of 100 within, ${name}`,
      value: `${formatFigure(quantile(timesMs, 0.99))} ms`,
    })),
    goals: [
      ratioGoal('over SSH, to the socket', { of: ssh, to: socket, atMost: 4 }),
      {
        // A machine that does much else delays some of either by that long.
        text: `answers after ${delayedAckMs.join(' to ')} ms: how many more over SSH than on the socket`,
        ratio: Math.max(0, delayed(ssh) - delayed(socket)),
        target: 0,
        better: 'lower',
      },
    ],
  };
}

const delayed = ({ timesMs }: Timed) => timesMs.filter((ms) => ms >= delayedAckMs[0] && ms <= delayedAckMs[1]).length;
