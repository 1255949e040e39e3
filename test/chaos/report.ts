import { writeFileSync } from 'node:fs';
import { lineOf, type RunRecord } from './record.ts';
import type { ChaosResult } from './run.ts';

/** A run in figures, for people. */
export function reportOf({
  seed,
  hosts,
  durationMs,
  record,
  clients,
  entries,
  reachedAfterMs,
  agreedAfterMs,
}: ChaosResult): string {
  const seconds = Math.round(durationMs / 1_000);
  const operations = record.happenings.filter(({ kind }) => kind === 'operation');
  const withOutcome = (outcome: string) => operations.filter(({ text }) => text.includes(`→ ${outcome}`)).length;
  const columns = ['streams', 'changes', 'snapshots', 'resyncs', 'lags', 'dropped', 'duplicates', 'bookmarks'] as const;
  const rows = clients.map(({ name, counts }) => [name, ...columns.map((column) => String(counts[column]))]);
  return [
    `seed ${seed}, ${hosts} hosts, ${seconds} s`,
    `operations: ${operations.length} (${withOutcome('done')} done, ${withOutcome('refused')} refused, ${withOutcome('unknown')} unknown)`,
    `  ${listOf(record.counts('operation'))}`,
    `nemesis: ${record.happenings.filter(({ kind }) => kind === 'nemesis').length}`,
    `  ${listOf(record.counts('nemesis'))}`,
    `changes that the gateway told: ${entries}`,
    table([['client', ...columns], ...rows]),
    `every host reached ${(reachedAfterMs / 1_000).toFixed(1)} s after the last mending`,
    agreedAfterMs === null ? 'no agreement' : `agreed ${(agreedAfterMs / 1_000).toFixed(1)} s after the last operation`,
    `broken promises: ${record.violations.length}`,
  ].join('\n');
}

/** What was broken, each with what went before it. */
export function explainViolations(record: RunRecord, limit = 10): string {
  const idsOfUuid = namesOfObjects(record);
  return record.violations
    .slice(0, limit)
    .map((violation) => {
      const { host, subject } = violation;
      const names = subject === null ? [] : [subject, ...(idsOfUuid.get(`${host} ${subject}`) ?? [])];
      const before = record.around(host, names, 40).map((happening) => `    ${lineOf(happening)}`);
      return [lineOf(violation), ...before].join('\n');
    })
    .join('\n\n');
}

/** Everything that happened, one line of JSON each. */
export function writeHistory(path: string, record: RunRecord): void {
  writeFileSync(path, record.happenings.map((happening) => `${JSON.stringify(happening)}\n`).join(''));
}

/** Operations name a guest by its UUID, changes by an id that says nothing: what clients were told joins the two. */
function namesOfObjects(record: RunRecord): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  for (const { kind, host, subject, text } of record.happenings) {
    const uuid = kind === 'change' ? /"uuid":"([^"]+)"/.exec(text)?.[1] : undefined;
    if (uuid === undefined || subject === null) continue;
    const key = `${host} ${uuid}`;
    const ids = names.get(key) ?? new Set();
    names.set(key, ids.add(subject));
  }
  return names;
}

function listOf(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
}

function table(rows: readonly (readonly string[])[]): string {
  const [first = []] = rows;
  const widths = first.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`).join('\n');
}
