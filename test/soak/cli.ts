import { parseArgs } from 'node:util';
import { findFaults, heapTolerance, rssTolerance, runSoak, type SoakReport } from './soak.ts';

/** `npm run soak [-- --minutes N --seed N --hosts N --subscribers N]`: runs for long, and ends with a verdict. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    hosts: { type: 'string', default: '50' },
    subscribers: { type: 'string', default: '200' },
  },
});
const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
const mistakes: string[] = [];
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    mistakes.push(`${event}: ${error instanceof Error ? error.stack : String(error)}`);
  });
}

say(`seed ${values.seed}, ${values.minutes} minutes`);
const report = await runSoak({
  seconds: Number(values.minutes) * 60,
  hosts: Number(values.hosts),
  domainsPerHost: 20,
  subscribers: Number(values.subscribers),
  seed: Number(values.seed),
  say,
});
tell(report);
const faults = [...mistakes, ...findFaults(report, { judgeMemory: Number(values.minutes) >= 10 })];
for (const fault of faults) say(`NOT WELL: ${fault}`);
say(faults.length === 0 ? 'all is well' : `${faults.length} things are not well`);
process.exitCode = faults.length === 0 ? 0 : 1;

function tell({ clients, deeds, heap, rss, timers }: SoakReport): void {
  say(`done to hosts: ${JSON.stringify(deeds)}`);
  say(`clients: ${clients.visits} visits, ${clients.messages} messages, ${clients.lagged} times told Lagged`);
  say(`changes asked for: ${clients.mutations}, ${JSON.stringify(clients.outcomes)}`);
  const line = (name: string, { mean, rise, perHour }: SoakReport['heap'], tolerance: number) =>
    `${name}: ${mean.toFixed(1)} MiB on average, ${rise.toFixed(1)} MiB more at the end of the measured part (allowed: ${(mean * tolerance).toFixed(1)}), ${perHour.toFixed(1)} MiB an hour`;
  say(line('heap after collection', heap, heapTolerance));
  say(line('resident memory', rss, rssTolerance));
  say(`timers: ${timers.before} before, ${timers.after} after, ${timers.closed} when closed`);
}
