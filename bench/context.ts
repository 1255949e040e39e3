import { type Lab, openLab } from '../test/lab/lab.ts';
import { findPeer } from './peers.ts';
import type { BenchContext } from './row.ts';

/** What rows are run with; whoever opens it closes it. */
export function openContext(rounds: number): BenchContext & { close(): Promise<void> } {
  let lab: Promise<Lab> | undefined;
  return {
    rounds,
    log: (line) => console.error(line),
    lab: () => (lab ??= openLab({ hosts: 1, hostKeyTypes: ['ed25519'], purpose: 'bench' })),
    peer: findPeer,
    async close() {
      await (await lab)?.close();
    },
  };
}
