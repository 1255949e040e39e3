/** Goes through the stages of reaching a host, one by one, over a connection of its own that changes nothing there. */
import { VirtgraphError } from '../errors.ts';
import type { ProbeReport } from '../model/probe.ts';
import type { HostTarget } from '../model/target.ts';
import type { DriverDependencies } from './index.ts';
import { probeDaemon } from './libvirt/probe.ts';
import { simTransport } from './libvirt/sim/targets.ts';
import type { Transport } from './libvirt/transport/transport.ts';
import { unixTransport } from './libvirt/transport/unix-transport.ts';
import { createProbeRecorder, type ProbeListener, type ProbeRecorder } from './probe-recorder.ts';
import { probeOverSsh } from './probe-ssh.ts';

/** Each stage has a deadline of its own; this is for all of them, and for the wait for a turn at a jump host. */
const probeDeadlineMs = 60_000;

export type ProbeOptions = ProbeListener & {
  readonly signal: AbortSignal;
  /** Compare the clocks, which takes the command `date` on the host. Default false. */
  readonly clock?: boolean;
};

/**
 * Never rejects because of the host: what fails is in the report. Rejects with the signal's reason alone.
 * Records no host key, retries nothing, and needs no session.
 */
export async function probeHost(
  target: HostTarget,
  deps: DriverDependencies,
  options: ProbeOptions,
): Promise<ProbeReport> {
  const { clock } = deps;
  const startedAt = clock.now();
  const beganAtMs = clock.monotonic();
  const recorder = createProbeRecorder(clock, options);
  const deadline = new AbortController();
  const cancel = clock.after(probeDeadlineMs, () => deadline.abort(outOfTime()));
  const signal = AbortSignal.any([options.signal, deadline.signal]);
  try {
    await probeBy(target, deps, recorder, { clock: options.clock ?? false, signal });
    recorder.finish();
  } catch (error) {
    options.signal.throwIfAborted();
    recorder.fail(error);
  } finally {
    cancel();
  }
  const { stages } = recorder;
  const ok = stages.every(({ verdict }) => verdict !== 'FAILED');
  return { host: target.name, uri: target.uri, ok, startedAt, durationMs: clock.monotonic() - beganAtMs, stages };
}

function outOfTime(): VirtgraphError {
  return new VirtgraphError('TIMEOUT', `The probe was ended after ${probeDeadlineMs / 1_000} s.`, {
    remedy: 'Look at the load of the host, of its jump hosts, and at the network.',
  });
}

async function probeBy(
  target: HostTarget,
  deps: DriverDependencies,
  recorder: ProbeRecorder,
  { clock, signal }: { readonly clock: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { transport } = target;
  switch (transport.kind) {
    case 'ssh':
      return probeOverSsh({ target, how: transport, deps, recorder, clock, signal });
    case 'unix':
      return probeHere(target, deps, recorder, signal, () => unixTransport(target, deps.env ?? process.env));
    case 'sim':
      return probeHere(target, deps, recorder, signal, () => simTransport(target));
    default:
      return transport satisfies never;
  }
}

const stagesHere = ['config', 'socket', 'libvirt-auth', 'open', 'permissions', 'latency', 'clock'] as const;

/** A daemon that is reached without SSH, on this machine or in this process. */
async function probeHere(
  target: HostTarget,
  { clock, log }: DriverDependencies,
  recorder: ProbeRecorder,
  signal: AbortSignal,
  openTransport: () => Transport,
): Promise<void> {
  recorder.plan(stagesHere.map((stage) => ({ stage, jumpHost: null })));
  recorder.begin('config');
  const transport = openTransport();
  recorder.found({
    message: target.transport.kind === 'sim' ? 'an embedded host, which only pretends' : 'the daemon of this machine',
    details: transport.routes.map(({ label }) => ({ name: 'to try', value: label })),
  });
  try {
    recorder.begin('socket');
    await probeDaemon({ target, transport, recorder, clock, log, signal, deadEnds: [] });
    recorder.begin('clock');
    recorder.found({ message: 'it is the clock of this machine' });
  } finally {
    await transport.close();
  }
}
