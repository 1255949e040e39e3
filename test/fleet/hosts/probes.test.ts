import { afterEach, describe, expect, test } from 'vitest';
import type { AnswerWait } from '../../../src/fleet/hosts/host-work.ts';
import type { ProbeHost } from '../../../src/fleet/hosts/probes.ts';
import type { Fleet } from '../../../src/fleet/types.ts';
import type { ProbeReport } from '../../../src/model/probe.ts';
import type { HostTarget } from '../../../src/model/target.ts';
import { settle } from '../../support/fake-clock.ts';
import { ask, openGateway } from '../../support/gateway.ts';
import { createMemoryFleet } from '../../support/memory-fleet.ts';
import { createFakeHost } from '../fake-host.ts';
import { openTestFleet } from '../fleet-under-test.ts';

const { signal } = new AbortController();
const wait = { withinMs: null, signal };
const report = (host: string): ProbeReport => ({
  host,
  uri: `qemu+ssh://${host}/system`,
  ok: false,
  startedAt: Date.UTC(2026, 0, 1),
  durationMs: 12.5,
  stages: [
    {
      stage: 'connect',
      jumpHost: null,
      verdict: 'FAILED',
      message: 'Cannot connect.',
      remedy: 'Start sshd.',
      code: 'CONNECTION_REFUSED',
      durationMs: 3,
      details: [{ name: 'port', value: '22' }],
    },
    {
      stage: 'open',
      jumpHost: 'jump',
      verdict: 'SKIPPED',
      message: 'not tried, since connect failed',
      remedy: null,
      code: null,
      durationMs: null,
      details: [],
    },
  ],
});

type Begun = {
  readonly target: HostTarget;
  readonly options: Parameters<ProbeHost>[1];
  readonly end: () => void;
};

/** A fleet whose probes end when the test says so. */
async function scripted() {
  const begun: Begun[] = [];
  const made = await openTestFleet([createFakeHost('h1')], {
    probeHost(target, options) {
      const { promise, resolve, reject } = Promise.withResolvers<ProbeReport>();
      options.signal.addEventListener('abort', () => reject(options.signal.reason));
      begun.push({ target, options, end: () => resolve(report(target.name)) });
      return promise;
    },
  });
  fleets.push(made.fleet);
  return { ...made, begun };
}
const fleets: Fleet[] = [];
afterEach(async () => {
  await Promise.all(fleets.splice(0).map((fleet) => fleet.close()));
});

test('all who ask about a host while it is probed get the one report, and who asks later a new one', async () => {
  const { fleet, begun } = await scripted();
  const both = Promise.all([fleet.probe('h1', wait), fleet.probe('h1', wait)]);
  await settle();
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  const [first, second] = await both;
  expect(first.report).toBe(second.report);
  const third = fleet.probe('h1', wait);
  await settle();
  expect(begun).toHaveLength(2);
  begun[1]?.end();
  expect((await third).report).not.toBe(first.report);
});

test('who no longer waits for a probe does not end it for the others', async () => {
  const { fleet, begun } = await scripted();
  const impatient = new AbortController();
  const gone = fleet.probe('h1', { withinMs: null, signal: impatient.signal });
  const patient = fleet.probe('h1', wait);
  impatient.abort(new Error('gone'));
  await expect(gone).rejects.toThrow('gone');
  begun[0]?.end();
  expect((await patient).report.host).toBe('h1');
});

test('when the fleet is closed, probes end with its reason', async () => {
  const { fleet, begun } = await scripted();
  const waiting = fleet.probe('h1', wait);
  const reason = waiting.catch((error: unknown) => error);
  await settle();
  await fleet.close();
  expect(begun[0]?.options.signal.aborted).toBe(true);
  expect(await reason).toMatchObject({ message: 'The gateway is stopping.' });
});

describe('a probe that takes longer than a moment', () => {
  const onlyTask = (fleet: Fleet) => {
    const [edge, ...others] = fleet.tasks.list({ filter: {}, first: 10, after: null }).edges;
    if (edge === undefined || others.length > 0) throw new Error('There is not one task.');
    return edge.node;
  };
  const [failed, skipped] = report('h1').stages;

  /** One that has come to its second stage, and has been a task for half a minute. */
  async function halfWay(patience: AnswerWait = wait) {
    const setup = await scripted();
    const asked = setup.fleet.probe('h1', patience);
    await settle();
    const { options } = setup.begun[0] ?? {};
    options?.onBegin?.({ stage: 'connect', jumpHost: null }, 2);
    if (failed) options?.onStage?.(failed);
    await setup.clock.advance(30_000);
    options?.onBegin?.({ stage: 'open', jumpHost: 'jump' }, 1);
    return { ...setup, asked, options };
  }

  test('is a task that tells of each stage, and of the report in the end', async () => {
    const { fleet, asked, begun, options } = await halfWay();
    const task = onlyTask(fleet);
    expect(task).toMatchObject({
      taskKind: 'PROBE_HOST',
      state: 'RUNNING',
      summary: 'h1 is probed.',
      cancellable: true,
      progress: { processed: 1, remaining: 2, unit: 'STEPS', step: 'open of jump' },
      probe: { host: 'h1', ok: false, stages: [failed] },
    });
    if (skipped) options?.onStage?.(skipped);
    expect(fleet.tasks.find(task.id)?.probe?.stages).toEqual([failed, skipped]);
    begun[0]?.end();
    expect(await asked).toEqual({ report: report('h1'), task: null });
    expect(fleet.tasks.find(task.id)).toMatchObject({ state: 'SUCCEEDED', probe: report('h1') });
  });

  test('is not waited for any longer than was asked, and goes on', async () => {
    const { fleet, asked, begun } = await halfWay({ withinMs: 5_000, signal });
    const { report: soFar, task } = await asked;
    expect(soFar.stages).toEqual([failed]);
    expect(task).toMatchObject({ state: 'RUNNING' });
    begun[0]?.end();
    await settle();
    expect(onlyTask(fleet)).toMatchObject({ id: task?.id, state: 'SUCCEEDED' });
  });

  test('is ended by its task, for all who wait for it, with what it has found', async () => {
    const { fleet, asked, options } = await halfWay();
    await fleet.tasks.cancel(onlyTask(fleet).id, signal);
    expect(options?.signal.aborted).toBe(true);
    expect(await asked).toMatchObject({ report: { stages: [failed] }, task: { state: 'CANCELLED', error: null } });
    await settle();
    expect(onlyTask(fleet)).toMatchObject({ state: 'CANCELLED' });
  });

  test('is followed from the beginning by one who does not wait at all', async () => {
    const { fleet, clock } = await scripted();
    const asked = fleet.probe('h1', { withinMs: 0, signal });
    await clock.advance(0);
    expect(await asked).toMatchObject({ report: { stages: [], ok: true }, task: { state: 'RUNNING' } });
  });
});

test('a fleet probes the hosts that it has, and no others', async () => {
  const { fleet } = await openTestFleet([], { probeHost: async ({ name }) => report(name) });
  await expect(fleet.probe('qemu+ssh://elsewhere/system', wait)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await fleet.close();
});

test('probeHost answers with the report, and with the host as it is', async () => {
  const fleet = createMemoryFleet({ probe: async (name) => ({ report: report(name), task: null }) });
  fleet.putHost({ name: 'h1' });
  const gateway = await openGateway(fleet);
  const query = `mutation ($host: String!) { probeHost(input: { host: $host }) { host { name } uri ok startedAt durationMs
    stages { stage jumpHost verdict message remedy code durationMs details { name value } } } }`;
  const { stages } = report('h1');
  expect((await ask(gateway.url, query, { host: 'h1' })).data).toEqual({
    probeHost: {
      host: { name: 'h1' },
      uri: 'qemu+ssh://h1/system',
      ok: false,
      startedAt: '2026-01-01T00:00:00.000Z',
      durationMs: 12.5,
      stages,
    },
  });
  const { errors } = await ask(gateway.url, query, { host: 'qemu+ssh://elsewhere/system' });
  expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  await gateway.close();
});
