/** How far a host's clock is from ours. */
import type { Clock } from '../clock.ts';
import { commandOutput, type SshAllowances } from '../ssh/allowances.ts';
import type { SshConnection } from '../ssh/connection.ts';
import type { StageNote } from './probe-recorder.ts';

/** A whole second is what `date +%s` tells, so half of one is added to it. */
const toleratedSkewMs = 2_000;

/** @param isWanted whether `date` may be run on the host */
export async function compareClocks(
  connection: SshConnection,
  { commands }: SshAllowances,
  isWanted: boolean,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<StageNote> {
  const skipped = (why: string): StageNote => ({ verdict: 'SKIPPED', message: why });
  if (commands !== 'ALLOWED')
    return skipped('the account may run no command, and nothing else tells the time of a host');
  if (!isWanted) return skipped('not asked for: it takes a command on the host (virtgraph doctor --clock)');
  const before = clock.now();
  let output: string;
  try {
    output = (await commandOutput(connection, ['date', '+%s'], { clock, signal })).trim();
  } catch (error) {
    signal.throwIfAborted();
    return skipped(`date does not tell: ${error instanceof Error ? error.message : String(error)}`);
  }
  const now = (before + clock.now()) / 2;
  if (!/^\d{9,12}$/.test(output)) return skipped('date +%s does not tell a number on this host');
  const skewMs = Number(output) * 1_000 + 500 - now;
  const seconds = (Math.abs(skewMs) / 1_000).toFixed(1);
  const details = [{ name: 'skew', value: `${(skewMs / 1_000).toFixed(1)} s` }];
  if (Math.abs(skewMs) <= toleratedSkewMs)
    return { message: `agrees with this machine's within ${seconds} s`, details };
  return {
    verdict: 'WARNING',
    message: `the host's clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} this machine's`,
    remedy:
      'Let both keep time by NTP (chrony, systemd-timesyncd): times in logs and statistics are compared across hosts.',
    details,
  };
}
