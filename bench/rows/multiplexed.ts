import { factsOf, openFanOut, timesGoal } from '../load/fan-out.ts';
import { loadToken } from '../load/load-token.ts';
import { openServerUnderLoad } from '../load/server-under-load.ts';
import { measureSideBySide } from '../rounds.ts';
import type { BenchContext, Comparison, Row } from '../row.ts';

const sockets = 500;
const mostRounds = 20;

export const row: Row = {
  name: 'multiplexed',
  title: 'Several messages to a socket at once',
  needs: [],
  run: async (bench) => [
    await compare(bench, `${sockets} sockets of 10 subscriptions each, one change`, 10, 1),
    await compare(bench, `${sockets} sockets of one subscription, 10 changes in one turn`, 1, 10),
  ],
};

async function compare(
  bench: BenchContext,
  title: string,
  subscriptionsPerSocket: number,
  changes: number,
): Promise<Comparison> {
  const of = { token: loadToken, sockets, subscriptionsPerSocket, changes };
  const ours = await openFanOut(await openServerUnderLoad('ours'), { ...of, name: 'virtgraph' });
  const plain = await openFanOut(await openServerUnderLoad('graphql-ws'), { ...of, name: 'graphql-ws, as installed' });
  try {
    const messages = sockets * subscriptionsPerSocket * changes;
    const timed = await measureSideBySide(
      [plain.contender, ours.contender] as const,
      Math.min(bench.rounds, mostRounds),
      messages,
    );
    if (plain.text() !== ours.text()) throw new Error(`graphql-ws told ${plain.text()}, virtgraph ${ours.text()}`);
    const [ofPlain, ofOurs] = timed;
    return {
      title,
      contenders: timed,
      facts: [...factsOf(plain, ofPlain, messages), ...factsOf(ours, ofOurs, messages)],
      goals: [timesGoal('times less CPU a message than graphql-ws', ofPlain.cpusMs, ofOurs.cpusMs, 20)],
    };
  } finally {
    await Promise.all([ours.close(), plain.close()]);
  }
}
