import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { explainViolations, reportOf, writeHistory } from './report.ts';
import { runChaos } from './run.ts';

/** `CHAOS_SEED=N npm test -- test/chaos/chaos.test.ts` repeats a run, as far as timing lets it. */
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

test('whatever breaks for a minute, gateway, virsh and every client agree afterwards, and no promise was broken', async () => {
  const folder = mkdtempSync(join(tmpdir(), `virtgraph-chaos-${seed}-`));
  const gatewayLogPath = join(folder, 'gateway.log');
  const result = await runChaos({ seed, durationMs: 60_000, hosts: 3, gatewayLogPath });
  console.log(reportOf(result));
  if (result.record.violations.length > 0) {
    writeHistory(join(folder, 'history.jsonl'), result.record);
    throw new Error(`seed ${seed}, history and log in ${folder}:\n${explainViolations(result.record)}`);
  }
  rmSync(folder, { recursive: true });
  // A run in which nothing happened would prove nothing.
  expect(result.agreedAfterMs).not.toBeNull();
  expect(result.entries).toBeGreaterThan(20);
  expect(result.record.counts('nemesis').size).toBeGreaterThan(3);
});
