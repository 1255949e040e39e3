import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { MemoryFigures } from '../replica-memory-process.ts';
import type { Comparison, Goal, Row } from '../row.ts';

const program = new URL('../replica-memory-process.ts', import.meta.url).pathname;

export const row: Row = {
  name: 'replica-memory',
  title: 'What domains cost in memory, and questions about very many',
  needs: [],
  async run(bench) {
    bench.log('filling replicas with 5,000 domains, then with 100,000 …');
    // Parsing takes milliseconds for each: of so many, one is parsed and the others are made of it.
    const few = await measure(5_000, 'parsed');
    const many = await measure(100_000, 'cloned');
    return [comparisonOf(few, memoryGoals(few)), comparisonOf(many, speedGoals(many))];
  },
};

async function measure(domains: number, how: 'parsed' | 'cloned'): Promise<MemoryFigures> {
  const argv = ['--expose-gc', '--max-old-space-size=4096', program, String(domains), how];
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
      ...Object.entries(figures.queriesMs).map(([name, ms]) => ({
        name: `100 domains, ${name}`,
        value: `${ms.toFixed(2)} ms`,
      })),
    ],
    goals,
  };
}

function memoryGoals({ stateBytes, statsBytes, configurationBytes }: MemoryFigures): readonly Goal[] {
  return [
    { text: 'state and readings of a domain, bytes', ratio: stateBytes + statsBytes, target: 1_000, better: 'lower' },
    { text: 'configuration of a domain, bytes', ratio: configurationBytes, target: 3_000, better: 'lower' },
  ];
}

function speedGoals({ queriesMs, fullGcMs }: MemoryFigures): readonly Goal[] {
  const slowest = Math.max(
    ...Object.entries(queriesMs).flatMap(([name, ms]) => (name.startsWith('first') ? [] : [ms])),
  );
  return [
    { text: 'filter and sort, ms of the slowest', ratio: slowest, target: 20, better: 'lower' },
    { text: 'full collection of garbage, ms', ratio: fullGcMs, target: 50, better: 'lower' },
  ];
}
