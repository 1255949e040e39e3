import { expect, test } from 'vitest';
import { createProbes } from '../../src/fleet/probes.ts';
import type { ProbeReport } from '../../src/model/probe.ts';
import type { HostTarget } from '../../src/model/target.ts';
import { ask, openGateway } from '../support/gateway.ts';
import { createMemoryFleet } from '../support/memory-fleet.ts';
import { targetOf } from './fake-host.ts';
import { openTestFleet } from './fleet-under-test.ts';

const signal = new AbortController().signal;
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

/** Probes that end when the test says so. */
function scripted() {
  const begun: { readonly target: HostTarget; readonly signal: AbortSignal; readonly end: () => void }[] = [];
  const probes = createProbes((target, options) => {
    const { promise, resolve, reject } = Promise.withResolvers<ProbeReport>();
    options.signal.addEventListener('abort', () => reject(options.signal.reason));
    begun.push({ target, signal: options.signal, end: () => resolve(report(target.name)) });
    return promise;
  });
  return { probes, begun };
}

test('all who ask about a host while it is probed get the one report, and who asks later a new one', async () => {
  const { probes, begun } = scripted();
  const target = targetOf('h1');
  const both = Promise.all([probes.run(target, signal), probes.run(target, signal)]);
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  const [first, second] = await both;
  expect(first).toBe(second);
  const third = probes.run(target, signal);
  expect(begun).toHaveLength(2);
  begun[1]?.end();
  expect(await third).not.toBe(first);
});

test('who no longer waits for a probe does not end it for the others', async () => {
  const { probes, begun } = scripted();
  const target = targetOf('h1');
  const impatient = new AbortController();
  const gone = probes.run(target, impatient.signal);
  const patient = probes.run(target, signal);
  impatient.abort(new Error('gone'));
  await expect(gone).rejects.toThrow('gone');
  begun[0]?.end();
  expect((await patient).host).toBe('h1');
});

test('when the fleet is closed, probes end with its reason', async () => {
  const { probes, begun } = scripted();
  const waiting = probes.run(targetOf('h1'), signal);
  const reason = waiting.catch((error: unknown) => error);
  await probes.close(new Error('stopping'));
  expect(begun[0]?.signal.aborted).toBe(true);
  expect(await reason).toEqual(new Error('stopping'));
});

test('a fleet probes the hosts that it has, and no others', async () => {
  const { fleet } = await openTestFleet([], { probeHost: async ({ name }) => report(name) });
  await expect(fleet.probe('qemu+ssh://elsewhere/system', signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await fleet.close();
});

test('probeHost answers with the report, and with the host as it is', async () => {
  const fleet = createMemoryFleet({ probe: async (name) => report(name) });
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
