/** A probe's report as a person reads it: a line for each stage, and below it what to do. */
import type { ProbeReport, ProbeStage, ProbeVerdict } from '../model/probe.ts';
import { probeStages } from '../model/probe.ts';

const marks: Readonly<Record<ProbeVerdict, string>> = { OK: '✓', WARNING: '!', FAILED: '✗', SKIPPED: '–' };

const stageWidth = Math.max(...probeStages.map((stage) => stage.length));
const timeWidth = 8;
const indent = '      ';

/** Which ways were tried, and what became of each. The messages of other failures have it all. */
const listsWays: ReadonlySet<ProbeStage['stage']> = new Set(['channel', 'socket', 'libvirt-auth']);

/** `uri` is left out where it is the name. */
export function headLine(name: string, uri: string): string {
  return `${printable(name === uri ? uri : `${name}  ${uri}`)}\n`;
}

/** Ends with a line end. Nothing for a stage that was skipped after a failure: `endLines` names those together. */
export function stageLines(stage: ProbeStage): string {
  const { verdict, message, remedy, details, durationMs: ms, jumpHost } = stage;
  const time = ms === null ? '' : `${ms.toFixed(0)} ms`;
  // An error from a jump host says so itself.
  const place = jumpHost === null || verdict === 'FAILED' ? '' : `at ${jumpHost}: `;
  return [
    `  ${marks[verdict]} ${stage.stage.padEnd(stageWidth)} ${time.padStart(timeWidth)}  ${text(place + message)}`,
    ...(verdict === 'FAILED' && listsWays.has(stage.stage)
      ? details.map(({ name, value }) => `${indent}${text(`${name}: ${value}`)}`)
      : []),
    ...(remedy === null ? [] : [`${indent}→ ${text(remedy)}`]),
    '',
  ].join('\n');
}

/** Whether a stage has nothing to say but that one before it failed. */
export function isNotReached(stages: readonly ProbeStage[], stage: ProbeStage): boolean {
  return stage.verdict === 'SKIPPED' && stages.some(({ verdict }) => verdict === 'FAILED');
}

/** Ends with a line end. */
export function endLines(report: ProbeReport): string {
  const failedAt = report.stages.findIndex(({ verdict }) => verdict === 'FAILED');
  const after = failedAt < 0 ? [] : report.stages.slice(failedAt + 1).map(({ stage }) => stage);
  const notTried = after.length === 0 ? '' : `  ${marks.SKIPPED} not tried: ${[...new Set(after)].join(', ')}\n`;
  return `${notTried}  ${printable(verdictOf(report))} (${(report.durationMs / 1_000).toFixed(1)} s)\n\n`;
}

function verdictOf({ host, stages }: ProbeReport): string {
  const failed = stages.find(({ verdict }) => verdict === 'FAILED');
  if (failed) {
    const place = failed.jumpHost === null ? '' : ` of the jump host ${failed.jumpHost}`;
    return `${host} cannot be used: ${failed.stage}${place}${failed.code === null ? '' : `, ${failed.code}`}`;
  }
  const warnings = stages.filter(({ verdict }) => verdict === 'WARNING').length;
  if (warnings === 0) return `${host} is well`;
  return `${host} can be used, with ${warnings === 1 ? 'a warning' : `${warnings} warnings`}`;
}

/** Of several hosts: how many are how, and which are not well. Ends with a line end. */
export function fleetLine(reports: readonly ProbeReport[]): string {
  const failed = reports.filter(({ ok }) => !ok).map(({ host }) => host);
  const warned = reports
    .filter(({ ok, stages }) => ok && stages.some(({ verdict }) => verdict === 'WARNING'))
    .map(({ host }) => host);
  const well = reports.length - failed.length - warned.length;
  const parts = [
    `${well} well`,
    ...(warned.length > 0 ? [`${warned.length} with warnings (${warned.join(', ')})`] : []),
    ...(failed.length > 0 ? [`${failed.length} not usable (${failed.join(', ')})`] : []),
  ];
  return `${reports.length} hosts: ${printable(parts.join(', '))}\n`;
}

/** A message may have lines of its own, such as what a command wrote: they stay below it. */
function text(message: string): string {
  return message.trimEnd().split(/\r?\n/).map(printable).join(`\n${indent}`);
}

/** What a host says must not move the cursor or colour the terminal of the one who asks. */
export function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
