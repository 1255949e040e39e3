import { setImmediate as nextTurn } from 'node:timers/promises';

/** Prometheus' text format, version 0.0.4, for what is too much for one string. Knows nothing of hosts. */

/** One metric with all its samples. `labels` is what `labelText` makes, or ''. */
export type Family = {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: () => Iterable<Sample>;
};
export type Sample = readonly [labels: string, value: number | bigint];

/** About as much as a socket takes at once; made in well under a millisecond. */
const pieceCharacters = 32_768;
/** A metric that few have is looked for in many. */
const samplesInTurn = 2_000;

/** Piece by piece; whatever else waits comes in between. */
export async function* writeFamilies(families: Iterable<Family>): AsyncGenerator<string> {
  let piece = '';
  let samples = 0;
  for (const { name, type, help, samples: of } of families) {
    piece += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const [labels, value] of of()) {
      piece += labels === '' ? `${name} ${value}\n` : `${name}{${labels}} ${value}\n`;
      samples++;
      if (piece.length < pieceCharacters && samples < samplesInTurn) continue;
      yield piece;
      piece = '';
      samples = 0;
      await nextTurn();
    }
  }
  if (piece !== '') yield piece;
}

/** `host="kvm1",state="RUNNING"` */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

function escapeLabel(value: string): string {
  if (!/[\\\n"]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
