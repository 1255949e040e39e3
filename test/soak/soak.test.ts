import { expect, test } from 'vitest';
import { findFaults, runSoak } from './soak.ts';

/** CI has little time: memory takes half an hour to judge (`npm run soak`), but what is left behind shows at once. */
test('after three minutes of faults, clients of every kind and changes, nothing is left behind', async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  const report = await runSoak({
    seconds: 180,
    hosts: 20,
    domainsPerHost: 10,
    subscribers: 80,
    seed,
    say: (line) => console.log(line),
  });
  expect(findFaults(report, { judgeMemory: false })).toEqual([]);
  expect(report.clients.messages).toBeGreaterThan(1_000);
  expect(report.clients.mutations).toBeGreaterThan(20);
});
