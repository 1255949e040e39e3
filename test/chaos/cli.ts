import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { missingRequirements } from '../lab/requirements.ts';
import { lineOf } from './record.ts';
import { explainViolations, reportOf, writeHistory } from './report.ts';
import { runChaos } from './run.ts';

/** `npm run chaos [-- --minutes 10 --seed N --hosts 3 --verbose]`. */
const usage = 'usage: npm run chaos [-- [--minutes 10] [--seed N] [--hosts 3] [--verbose]]';

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return complain(usage);
  const missing = missingRequirements();
  if (missing.length > 0) return complain(`the lab cannot run here:\n${missing.join('\n')}`);
  const { seed, minutes, hosts, isVerbose } = options;
  console.log(`seed ${seed}: ${minutes} minutes with ${hosts} hosts`);
  const folder = join(tmpdir(), `virtgraph-chaos-${seed}`);
  mkdirSync(folder, { recursive: true });
  const gatewayLogPath = join(folder, 'gateway.log');
  rmSync(gatewayLogPath, { force: true });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const result = await runChaos({
    seed,
    hosts,
    gatewayLogPath,
    durationMs: minutes * 60_000,
    signal: stop.signal,
    print(happening) {
      const isNews = ['phase', 'gateway', 'nemesis', 'violation'].includes(happening.kind);
      if (isVerbose || isNews) console.log(lineOf(happening));
    },
  });
  console.log(`\n${reportOf(result)}`);
  if (result.record.violations.length === 0) {
    rmSync(folder, { recursive: true });
    return 0;
  }
  writeHistory(join(folder, 'history.jsonl'), result.record);
  console.log(`\n${explainViolations(result.record)}\n\nEverything that happened, and the gateway's log: ${folder}`);
  return 1;
}

type Options = {
  readonly seed: number;
  readonly minutes: number;
  readonly hosts: number;
  readonly isVerbose: boolean;
};

function readOptions(): Options | null {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '10' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        hosts: { type: 'string', default: '3' },
        verbose: { type: 'boolean', default: false },
      },
    });
    const [minutes, seed, hosts] = [Number(values.minutes), Number(values.seed), Number(values.hosts)];
    const isRight = minutes > 0 && Number.isSafeInteger(seed) && seed >= 0 && Number.isInteger(hosts) && hosts > 0;
    return isRight ? { minutes, seed, hosts, isVerbose: values.verbose } : null;
  } catch {
    return null; // an argument that is not known
  }
}

function complain(text: string): number {
  console.error(text);
  return 1;
}
