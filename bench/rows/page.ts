import { digestOf, openAsker } from '../answering/ask.ts';
import { type Answering, openAnswering } from '../answering/open.ts';
import { domainFields } from '../answering/questions.ts';
import { keepIn } from '../keep.ts';
import { type Contender, measureSideBySide, ratioGoal } from '../rounds.ts';
import type { Comparison, Row } from '../row.ts';

const domains = 1_000;
const cpu = { by: 'cpu' } as const;
const warmUps = 40;
const question = JSON.stringify({ query: `{ domains(first: ${domains}) { totalCount nodes { ${domainFields} } } }` });

export const row: Row = {
  name: 'page',
  title: 'A page of 1,000 domains over HTTP',
  needs: ['npm-peers'],
  async run(bench): Promise<readonly Comparison[]> {
    await using opened = new AsyncDisposableStack();
    const keep = keepIn(opened);
    const fleet = { hosts: 10, domainsOfHost: domains / 10 };
    const apollo = keep(await openAnswering(bench, 'apollo', fleet));
    const mercurius = keep(await openAnswering(bench, 'mercurius', fleet));
    const ours = keep(await openAnswering(bench, 'virtgraph', fleet));
    const asker = openAsker(ours.url);
    const expected = digestOf((await asker.ask(question)).bytes);
    asker.close();
    const contenders = [
      contender('Apollo Server', apollo, 0),
      contender('mercurius with its JIT', mercurius, 0),
      contender('virtgraph, all domains changed since the last', ours, domains),
      contender('virtgraph, 1 % changed since the last', ours, domains / 100),
    ] as const;
    // Until V8 has made of each what it will be.
    for (const { run } of contenders) for (let time = 0; time < warmUps; time++) await run();
    const [plain, compiled, allChanged, fewChanged] = await measureSideBySide(contenders, bench.rounds, expected);
    return [
      {
        title: '1,000 domains with 20 fields and 2 network cards of 6 fields each',
        contenders: [plain, compiled, allChanged, fewChanged],
        goals: [
          ratioGoal('times faster than Apollo Server, all changed', { of: plain, to: allChanged, atLeast: 10 }),
          ratioGoal('times faster than Apollo Server, 1 % changed', { of: plain, to: fewChanged, atLeast: 40 }),
          ratioGoal('times less CPU than Apollo Server, all changed', {
            ...cpu,
            of: plain,
            to: allChanged,
            atLeast: 10,
          }),
          ratioGoal('times less CPU than Apollo Server, 1 % changed', {
            ...cpu,
            of: plain,
            to: fewChanged,
            atLeast: 40,
          }),
          ratioGoal('of the time of mercurius, all changed', { of: allChanged, to: compiled, atMost: 1 }),
          ratioGoal('of the CPU of mercurius, all changed', { ...cpu, of: allChanged, to: compiled, atMost: 1 }),
        ],
      },
    ];
  },
};

/** Its time and its CPU are those of the answer alone, and not of the changes before it. */
function contender(name: string, answering: Answering, changed: number): Contender {
  const asker = openAsker(answering.url);
  let cpuMs = 0;
  return {
    name,
    cpu: () => cpuMs,
    async run() {
      if (changed > 0) await answering.change(changed);
      const before = answering.cpu();
      const { ms, bytes } = await asker.ask(question);
      cpuMs += answering.cpu() - before;
      return { ms, answer: digestOf(bytes) };
    },
  };
}
