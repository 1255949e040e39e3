import { expect, test } from 'vitest';
import { createProbeRecorder, type PlannedStage } from '../../src/drivers/probe-recorder.ts';
import { hostProblem, VirtgraphError } from '../../src/errors.ts';
import type { ProbeStage } from '../../src/model/probe.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const plan = (...stages: readonly ProbeStage['stage'][]): PlannedStage[] =>
  stages.map((stage) => ({ stage, jumpHost: null }));

function record(...stages: readonly ProbeStage['stage'][]) {
  const clock = createFakeClock();
  const told: ProbeStage[] = [];
  const recorder = createProbeRecorder(clock, { onStage: (stage) => void told.push(stage) });
  recorder.plan(plan(...stages));
  const brief = () => told.map(({ stage, verdict, durationMs }) => `${stage} ${verdict} ${durationMs ?? '-'}`);
  return { clock, told, recorder, brief };
}

const unknownKey = hostProblem('HOST_KEY_UNKNOWN', 'A stranger.', 'Ask who it is.');

test('a stage is told when the next begins, with the time until it had found what it wanted', async () => {
  const { recorder, clock, brief } = record('config', 'resolve');
  recorder.begin('config');
  await clock.advance(5);
  recorder.found({ message: 'found' });
  await clock.advance(100);
  expect(brief()).toEqual([]);
  recorder.begin('resolve');
  expect(brief()).toEqual(['config OK 5']);
  await clock.advance(7);
  recorder.finish();
  expect(brief()).toEqual(['config OK 5', 'resolve OK 7']);
});

test('an error is of the stage that runs, with what that had found, and all after it are skipped', () => {
  const { recorder, told, brief } = record('connect', 'host-key', 'authentication', 'open');
  recorder.begin('connect');
  recorder.found({ message: 'connected' });
  recorder.begin('host-key');
  recorder.failing({ message: '', details: [{ name: 'key', value: 'SHA256:x' }] });
  recorder.fail(unknownKey);
  expect(brief()).toEqual(['connect OK 0', 'host-key FAILED 0', 'authentication SKIPPED -', 'open SKIPPED -']);
  expect(told[1]).toMatchObject({
    message: 'A stranger.',
    remedy: 'Ask who it is.',
    code: 'HOST_KEY_UNKNOWN',
    details: [{ name: 'key', value: 'SHA256:x' }],
  });
  expect(told[3]?.message).toBe('not tried, since host-key failed');
});

test('an error between two stages is of the one that it names', () => {
  const { recorder, brief } = record('config', 'resolve', 'host-key', 'open');
  recorder.begin('config');
  recorder.found({ message: 'found' });
  recorder.fail(hostProblem('KNOWN_HOSTS_UNREADABLE', 'Unreadable.', 'Let it be read.'));
  expect(brief()).toEqual(['config OK 0', 'resolve SKIPPED -', 'host-key FAILED 0', 'open SKIPPED -']);
});

test('an error between two stages that names none is of the next', () => {
  const { recorder, told, brief } = record('config', 'resolve', 'open');
  recorder.begin('config');
  recorder.found({ message: 'found' });
  recorder.fail(new VirtgraphError('TIMEOUT', 'Out of time.'));
  expect(brief()).toEqual(['config OK 0', 'resolve FAILED 0', 'open SKIPPED -']);
  expect(told[1]?.code).toBeNull();
});

test('a mistake of ours is UNEXPECTED, and does not lose the stages before it', () => {
  const { recorder, told, brief } = record('config', 'resolve');
  recorder.begin('config');
  recorder.fail(new TypeError('oops'));
  expect(brief()).toEqual(['config FAILED 0', 'resolve SKIPPED -']);
  expect(told[0]).toMatchObject({ code: 'UNEXPECTED', message: 'oops' });
});

test('a skipped stage has no time', async () => {
  const { recorder, clock, brief } = record('clock');
  recorder.begin('clock');
  await clock.advance(5);
  recorder.found({ verdict: 'SKIPPED', message: 'not asked for' });
  recorder.finish();
  expect(brief()).toEqual(['clock SKIPPED -']);
});

test('stages of one name are told apart by their jump host', () => {
  const clock = createFakeClock();
  const recorder = createProbeRecorder(clock, {});
  recorder.plan([
    { stage: 'connect', jumpHost: 'gate' },
    { stage: 'connect', jumpHost: null },
  ]);
  recorder.begin('connect', 'gate');
  recorder.fail(new VirtgraphError('TIMEOUT', 'Out of time.'));
  expect(recorder.stages.map(({ jumpHost, verdict }) => [jumpHost, verdict])).toEqual([
    ['gate', 'FAILED'],
    [null, 'SKIPPED'],
  ]);
});
