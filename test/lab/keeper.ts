import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleGuest, gatewayConfig, labGuide } from './guide.ts';
import { openLab } from './lab.ts';

/**
 * The process that holds a lab of `npm run lab up` open: a lab lives exactly as long as whoever opened it. Arguments are
 * the numbers of hosts and of inner hosts. It tells its parent when the lab is up, and closes it on SIGTERM.
 */
const [hosts = 2, innerHosts = 1] = process.argv.slice(2).map(Number);

/** What the keeper says to its parent, once. */
export type KeeperMessage = { readonly guide: string } | { readonly problem: string };

try {
  await keep();
} catch (error) {
  tell({ problem: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}

async function keep(): Promise<void> {
  const lab = await openLab({ hosts, innerHosts, purpose: 'npm run lab up' });
  const config = join(lab.folder, 'virtgraph.yaml');
  const guest = join(lab.folder, 'guest.xml');
  writeFileSync(config, gatewayConfig(lab));
  writeFileSync(guest, exampleGuest());
  const guide = labGuide(lab, { config, guest });
  writeFileSync(join(lab.folder, 'guide.txt'), guide);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => void lab.close().then(() => process.exit(0)));
  }
  tell({ guide });
}

function tell(message: KeeperMessage): void {
  process.send?.(message, () => process.disconnect());
}
