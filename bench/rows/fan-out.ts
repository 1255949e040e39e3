import { factsOf, openFanOut, timesGoal } from '../load/fan-out.ts';
import { loadToken } from '../load/load-token.ts';
import { openServerUnderLoad, openWriteLoop } from '../load/server-under-load.ts';
import { measureSideBySide, ratioGoal } from '../rounds.ts';
import type { Row } from '../row.ts';

const sockets = 5_000;
/** One after the other, all four hold their sockets open meanwhile. */
const mostRounds = 15;

export const row: Row = {
  name: 'fan-out',
  title: 'One change to 5,000 subscribers of one document',
  needs: ['cc'],
  async run(bench) {
    const writeLoop = await bench.peer('c/write-loop');
    const of = { token: loadToken, sockets };
    await using open = new AsyncDisposableStack();
    const keep = <T extends { close(): Promise<void> }>(opened: T) => open.adopt(opened, (each) => each.close());

    bench.log('fan-out: opening 20,000 sockets …');
    const ours = keep(await openFanOut(await openServerUnderLoad('ours'), { ...of, name: 'virtgraph' }));
    const message = ours.message();
    const plain = keep(
      await openFanOut(await openServerUnderLoad('graphql-ws'), { ...of, name: 'graphql-ws, as installed' }),
    );
    const bare = keep(
      await openFanOut(await openServerUnderLoad('ws.send', { message }), { ...of, name: 'ws.send of the same bytes' }),
    );
    const floor = keep(
      await openFanOut(await openWriteLoop(writeLoop, sockets, Buffer.byteLength(message)), {
        ...of,
        name: 'write() in C of as many bytes',
        isBare: true,
      }),
    );
    const all = [plain, ours, bare, floor] as const;
    const rounds = Math.min(bench.rounds, mostRounds);
    const timed = await measureSideBySide(
      [plain.contender, ours.contender, bare.contender, floor.contender] as const,
      rounds,
      sockets,
    );
    if (plain.text() !== ours.text()) throw new Error(`graphql-ws told ${plain.text()}, virtgraph ${ours.text()}`);
    const [ofPlain, ofOurs, ofBare, ofFloor] = timed;
    return [
      {
        title: `${sockets} sockets, one change, until the last has heard of it`,
        contenders: timed,
        facts: all.flatMap((fanOut, index) => factsOf(fanOut, timed[index] ?? ofOurs, sockets)),
        goals: [
          timesGoal('times less CPU a message than graphql-ws', ofPlain.cpusMs, ofOurs.cpusMs, 5),
          timesGoal('times less user CPU a message than graphql-ws', plain.userMs, ours.userMs, 20),
          timesGoal('times the throughput of ws.send', ofBare.timesMs, ofOurs.timesMs, 0.9),
          ratioGoal('times the CPU of write() in C', { of: ofOurs, to: ofFloor, by: 'cpu', atMost: 1.3 }),
          timesGoal('times lower p50 than graphql-ws', plain.p50Ms, ours.p50Ms, 5),
          timesGoal('times lower p99 than graphql-ws', plain.p99Ms, ours.p99Ms, 4),
        ],
      },
    ];
  },
};
