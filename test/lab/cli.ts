import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sweepDeadLabs } from './janitor.ts';
import type { KeeperMessage } from './keeper.ts';
import { missingRequirements } from './requirements.ts';
import { listSlots } from './slot.ts';
import { waitFor } from './wait.ts';

const keeperProgram = join(import.meta.dirname, 'keeper.ts');

/** `npm run lab up [HOSTS [INNER-HOSTS]]`, `status`, `down`. */
const usage = `usage: npm run lab up [HOSTS [INNER-HOSTS]]   hosts that this machine reaches, and those behind a jump host
       npm run lab status
       npm run lab down                         ends the labs that were begun from this directory`;

process.exitCode = await main(process.argv.slice(2));

async function main([verb, ...counts]: readonly string[]): Promise<number> {
  const missing = missingRequirements();
  if (missing.length > 0) return complain(`the lab cannot run here:\n${missing.join('\n')}`);
  if (verb === 'up' && counts.length <= 2 && counts[0] !== '0' && counts.every(isCount)) return await up(counts);
  if (verb === 'status' && counts.length === 0) return status();
  if (verb === 'down' && counts.length === 0) return await down();
  return complain(usage);
}

async function up(counts: readonly string[]): Promise<number> {
  // Nothing of ours is inherited: a pipe that we print into would not end as long as the lab stands.
  const keeper = fork(keeperProgram, counts, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const told = await new Promise<KeeperMessage>((resolve) => {
    // Its one message; both ends are this repository.
    keeper.once('message', (message) => resolve(message as KeeperMessage));
    keeper.once('exit', (status) => resolve({ problem: `its process ended with status ${status}` }));
  });
  keeper.unref();
  if ('problem' in told) return complain(`the lab did not come up: ${told.problem}`);
  console.log(told.guide);
  return 0;
}

function status(): number {
  const slots = listSlots();
  if (slots.length === 0) console.log('no lab');
  for (const { slot, owner, alive } of slots) {
    const guide = join(slot.folder, 'guide.txt');
    if (alive && existsSync(guide)) console.log(readFileSync(guide, 'utf8'));
    else
      console.log(`lab ${slot.prefix}: ${alive ? 'held open' : 'left'} by ${owner?.purpose} (process ${owner?.pid})\n`);
  }
  return 0;
}

/** Ends the labs that `up` began. Those of a test run end with it. */
async function down(): Promise<number> {
  const swept = await sweepDeadLabs();
  const kept = listSlots().filter(({ slot, owner }) => existsSync(join(slot.folder, 'guide.txt')) && isOurs(owner));
  for (const { owner } of kept) if (owner !== null) process.kill(owner.pid, 'SIGTERM');
  for (const { slot, owner } of kept) {
    await waitFor(`the end of ${slot.prefix}`, () => owner === null || !existsSync(`/proc/${owner.pid}`), 30_000);
  }
  const ended = [...swept, ...kept.map(({ slot }) => slot.prefix)];
  console.log(ended.length > 0 ? `ended ${ended.join(', ')}` : 'no lab to end');
  return 0;
}

/** Another directory's labs may be in use by somebody else. */
function isOurs(owner: { readonly pid: number } | null): boolean {
  if (owner === null) return false;
  try {
    return readFileSync(`/proc/${owner.pid}/cmdline`, 'utf8').split('\0').includes(keeperProgram);
  } catch {
    return false; // It has just ended.
  }
}

function isCount(text: string): boolean {
  return /^\d{1,3}$/.test(text);
}

function complain(text: string): number {
  console.error(text);
  return 1;
}
