import { expect, test } from 'vitest';
import { endLines, fleetLine, headLine, isNotReached, stageLines } from '../../src/commands/doctor-lines.ts';
import type { ProbeReport, ProbeStage } from '../../src/model/probe.ts';

const stage = (changes: Partial<ProbeStage> = {}): ProbeStage => ({
  stage: 'host-key',
  jumpHost: null,
  verdict: 'OK',
  message: 'MATCH',
  remedy: null,
  code: null,
  durationMs: 12.4,
  details: [],
  ...changes,
});

const report = (host: string, stages: readonly ProbeStage[]): ProbeReport => ({
  host,
  uri: `qemu+ssh://${host}/system`,
  ok: stages.every(({ verdict }) => verdict !== 'FAILED'),
  startedAt: 0,
  durationMs: 1_234,
  stages,
});

const failed = stage({ verdict: 'FAILED', code: 'HOST_KEY_CHANGED', message: 'another key', remedy: 'Find out why.' });
const skipped = stage({ stage: 'open', verdict: 'SKIPPED', durationMs: null, message: 'not tried' });
const warned = stage({ verdict: 'WARNING', remedy: 'Do better.' });

test('a stage is a line, with what to do below it', () => {
  expect(stageLines(stage())).toBe('  ✓ host-key           12 ms  MATCH\n');
  expect(stageLines(failed)).toBe('  ✗ host-key           12 ms  another key\n      → Find out why.\n');
  expect(stageLines(skipped)).toBe('  – open                      not tried\n');
});

test('a stage of a jump host names it', () => {
  expect(stageLines(stage({ jumpHost: 'gate' }))).toContain('  at gate: MATCH\n');
});

test('where no way leads to the daemon, each that was tried has its line', () => {
  const details = [{ name: 'tried nc -U /x', value: 'No such file' }];
  expect(stageLines(stage({ ...failed, stage: 'socket', details }))).toContain(
    '\n      tried nc -U /x: No such file\n',
  );
});

test('what a host says can neither move the cursor nor colour the terminal', () => {
  const lines = stageLines(stage({ message: '\u001b[2Jgone\u009b31m\r\nsecond', remedy: 'a\u202eb' }));
  expect(lines).toBe('  ✓ host-key           12 ms  \\u{1b}[2Jgone\\u{9b}31m\n      second\n      → a\\u{202e}b\n');
  expect(headLine('a\u0007', 'qemu+ssh://a/system')).toBe('a\\u{7}  qemu+ssh://a/system\n');
});

test('a host that was named by its URI has it once', () => {
  expect(headLine('qemu:///system', 'qemu:///system')).toBe('qemu:///system\n');
});

test('what was not tried after a failure is named together, at the end', () => {
  expect(isNotReached([failed, skipped], skipped)).toBe(true);
  expect(isNotReached([stage(), skipped], skipped)).toBe(false);
  const again = { ...skipped, stage: 'latency' } as const;
  expect(endLines(report('h1', [failed, skipped, again]))).toBe(
    '  – not tried: open, latency\n  h1 cannot be used: host-key, HOST_KEY_CHANGED (1.2 s)\n\n',
  );
});

test('the last line of a host says how it is', () => {
  expect(endLines(report('h1', [stage()]))).toBe('  h1 is well (1.2 s)\n\n');
  expect(endLines(report('h1', [warned]))).toContain('h1 can be used, with a warning');
  expect(endLines(report('h1', [warned, warned]))).toContain('h1 can be used, with 2 warnings');
  const atJump = report('h1', [{ ...failed, jumpHost: 'gate' }]);
  expect(endLines(atJump)).toContain('h1 cannot be used: host-key of the jump host gate, HOST_KEY_CHANGED');
});

test('the last line of all counts them and names those that are not well', () => {
  const reports = [report('a', [stage()]), report('b', [warned]), report('c', [failed]), report('d', [failed])];
  expect(fleetLine(reports)).toBe('4 hosts: 1 well, 1 with warnings (b), 2 not usable (c, d)\n');
});
