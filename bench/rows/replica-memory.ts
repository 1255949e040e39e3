import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { MemoryFigures, NaturalPauses } from '../replica-memory-process.ts';
import type { Comparison, Goal, Row } from '../row.ts';

const program = new URL('../replica-memory-process.ts', import.meta.url).pathname;

export const row: Row = {
  name: 'replica-memory',
  title: 'What domains cost in memory, and questions about very many',
  needs: [],
  async run(bench) {
    bench.log('filling replicas with 5,000 domains, then with 100,000 …');
    // Parsing takes milliseconds for each: of so many, one is parsed and the others are made of it.
    const few = await measure(5_000, 'parsed', 0);
    bench.log('the latter change for a minute …');
    const many = await measure(100_000, 'cloned', 60);
    return [comparisonOf(few, memoryGoals(few)), comparisonOf(many, speedGoals(many))];
  },
};

async function measure(domains: number, how: 'parsed' | 'cloned', secondsOfChange: number): Promise<MemoryFigures> {
  const argv = ['--expose-gc', '--max-old-space-size=4096', program, String(domains), how, String(secondsOfChange)];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  return JSON.parse(stdout);
}

function comparisonOf(figures: MemoryFigures, goals: readonly Goal[]): Comparison {
  const bytes = (value: number) => `${Math.round(value)} bytes`;
  return {
    title: `${figures.domains} running QEMU guests with 16 kB of XML each, over hosts of 1000`,
    contenders: [],
    facts: [
      { name: 'state of a domain', value: bytes(figures.stateBytes) },
      { name: 'its last readings with rates, while somebody watches', value: bytes(figures.statsBytes) },
      { name: 'its configuration, both XML texts and addresses', value: bytes(figures.configurationBytes) },
      { name: 'a full collection of garbage, forced and all at once', value: `${figures.fullGcMs.toFixed(1)} ms` },
      ...(figures.natural ? pausesOf(figures.natural) : []),
      ...Object.entries(figures.queriesMs).map(([name, ms]) => ({
        name: `100 domains, ${name}`,
        value: `${ms.toFixed(2)} ms`,
      })),
    ],
    goals,
  };
}

/** What anybody waits for: the collector works beside, and in steps between other work, unless it is forced. */
function pausesOf({ seconds, major, steps, minor }: NaturalPauses): NonNullable<Comparison['facts']> {
  const rows = { 'full collections': major, 'their steps of marking': steps, 'small collections': minor };
  return Object.entries(rows).map(([name, { count, p99Ms, maxMs }]) => ({
    name: `pauses for ${name}, in ${seconds} s with 100 changes and 10,000 readings a second`,
    value: `${count}; p99 ${p99Ms.toFixed(1)} ms, longest ${maxMs.toFixed(1)} ms`,
  }));
}

function memoryGoals({ stateBytes, statsBytes, configurationBytes }: MemoryFigures): readonly Goal[] {
  return [
    { text: 'state and readings of a domain, bytes', ratio: stateBytes + statsBytes, target: 1_000, better: 'lower' },
    { text: 'configuration of a domain, bytes', ratio: configurationBytes, target: 3_000, better: 'lower' },
  ];
}

function longestOf({ major, steps, minor }: NaturalPauses): number {
  return Math.max(major.maxMs, steps.maxMs, minor.maxMs);
}

function speedGoals({ queriesMs, fullGcMs, natural }: MemoryFigures): readonly Goal[] {
  const slowest = Math.max(
    ...Object.entries(queriesMs).flatMap(([name, ms]) => (name.startsWith('first') ? [] : [ms])),
  );
  return [
    { text: 'filter and sort, ms of the slowest', ratio: slowest, target: 20, better: 'lower' },
    { text: 'full collection of garbage, ms', ratio: fullGcMs, target: 50, better: 'lower' },
    ...(natural
      ? [
          {
            text: 'longest pause of a collection by itself, ms',
            ratio: longestOf(natural),
            target: 50,
            better: 'lower' as const,
          },
        ]
      : []),
  ];
}
