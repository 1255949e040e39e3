import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchFile } from '../../src/commands/watch-file.ts';
import { silentLog } from '../../src/log.ts';
import { createFakeClock } from '../support/fake-clock.ts';

test('whatever is written while the write before it is being noticed is noticed as well', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtgraph-watch-'));
  const file = join(dir, 'virtgraph.yaml');
  const clock = createFakeClock();
  let noticed = '';
  writeFileSync(file, noticed);
  const watcher = await watchFile(file, () => void (noticed = readFileSync(file, 'utf8')), { clock, log: silentLog });
  const lookAndTell = async () => {
    await clock.advance(250);
    return noticed;
  };
  const untilNoticed = (text: string) => expect.poll(lookAndTell, { interval: 1 }).toBe(text);
  try {
    // When the watch is renewed within these is not for sure: so there are many rounds, and each writes at another moment.
    for (let round = 0; round < 200; round++) {
      writeFileSync(file, 'a');
      await expect.poll(() => clock.pending, { interval: 1 }).toBeGreaterThan(0);
      const looking = clock.advance(500 + 250 * (round % 2));
      for (let turn = round % 13; turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
      // No two states of the file are of one length: its times may be the same.
      const last = 'b'.repeat(2 + (round % 50));
      writeFileSync(file, last);
      await looking;
      await untilNoticed(last);
    }
  } finally {
    watcher.close();
    rmSync(dir, { recursive: true });
  }
});
