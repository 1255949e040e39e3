import type { TrustedHostKey, TrustRequest } from '../../drivers/host-key.ts';
import { VirtgraphError } from '../../errors.ts';
import { createTurns } from '../../in-turn.ts';
import type { HostTarget } from '../../model/target.ts';
import type { TaskProgress } from '../../model/task.ts';
import type { HostView } from '../objects.ts';
import type { Fleet, HostOutcome } from '../types.ts';
import { unlessAborted } from '../unless-aborted.ts';
import type { Audit } from './audit.ts';
import { noSuchHost, removedHost } from './host-problem.ts';
import type { AnswerWait } from './host-work.ts';
import { progressOf } from './refresh-host.ts';

export type TrustKeyOptions = {
  readonly fleet: Pick<Fleet, 'host' | 'refreshHost' | 'hostTasks'>;
  readonly audit: Audit;
  readonly trustKey: (
    target: HostTarget,
    request: TrustRequest,
    options: { readonly signal: AbortSignal },
  ) => Promise<TrustedHostKey>;
  /** Whether the configuration that is in force lets keys be trusted. */
  readonly isAllowed: () => boolean;
  readonly target: (hostName: string) => HostTarget | null;
};

export type TrustChange = HostOutcome & { readonly key: TrustedHostKey };

/** Records the key that a person has named, and connects to the host, as a task. See `HostAdmin.trust`. */
export function createTrustKey({
  fleet,
  audit,
  trustKey,
  isAllowed,
  target,
}: TrustKeyOptions): (hostName: string, request: TrustRequest, wait: AnswerWait) => Promise<TrustChange> {
  /** A key exchange may take its time. Two that write one known_hosts file must not meet. */
  const inTurn = createTurns();

  return async (name, request, wait) => {
    const fingerprint = readFingerprint(request.fingerprint);
    const asked = { fingerprint, replace: request.replace };
    const record = async (signal: AbortSignal) => {
      if (!isAllowed()) {
        throw new VirtgraphError('FORBIDDEN', 'The configuration does not let host keys be trusted by the API.', {
          outcome: 'NOT_SENT',
          remedy: 'Set api.trustHostKeys in virtgraph.yaml, or add the key to known_hosts and ask for retryHost.',
        });
      }
      const on = target(name);
      if (on === null) throw noSuchHost(name, { outcome: 'NOT_SENT' });
      const value = await trustKey(on, { ...request, fingerprint }, { signal });
      const { before, replaced, ...after } = value;
      return { value, before: { verdict: before, trusted: replaced }, after };
    };
    const presentHost = () => {
      const host = fleet.host(name);
      // By now the key is recorded all the same.
      if (host === null) throw removedHost(name);
      return host;
    };
    const recorded = Promise.withResolvers<TrustedHostKey>();
    let isRecorded = false;
    const about = {
      taskKind: 'TRUST_HOST_KEY',
      hostName: name,
      summary: `A host key of ${name} is trusted, and the host is connected to.`,
      // Nobody would know whether the key was recorded.
      cancellable: false,
      progress: () => trustProgress(isRecorded, fleet.host(name)),
    } as const;
    const work = fleet.hostTasks.begin(about, async ({ signal, tell }) => {
      const action = { action: 'trustHostKey', host: name, asked } as const;
      recorded.resolve(await inTurn(() => audit.record(action, () => record(signal))));
      isRecorded = true;
      tell({ progress: about.progress() });
      const host = presentHost();
      return host.status === 'READY' ? host : await fleet.refreshHost(name, signal);
    });
    // What is answered of the key must be known, however little time the answer has.
    const orFailed = work.done.then(() => recorded.promise);
    const key = await unlessAborted(Promise.race([recorded.promise, orFailed]), wait.signal);
    const { value, task } = await fleet.hostTasks.wait(work, wait);
    return { host: value ?? presentHost(), key, task };
  };
}

function trustProgress(isRecorded: boolean, host: HostView | null): TaskProgress {
  if (!isRecorded || host === null) return { percent: 0, processed: 0, remaining: 3, unit: 'STEPS', step: 'host-key' };
  const afterwards = progressOf(host);
  const processed = afterwards.processed + 1;
  return { ...afterwards, processed, percent: (100 * processed) / 3 };
}

/** As `ssh-keygen -l` shows it; with or without the padding that some write. */
function readFingerprint(text: string): string {
  const [, digest] = /^SHA256:([A-Za-z0-9+/]{43})=?$/.exec(text.trim()) ?? [];
  if (digest !== undefined) return `SHA256:${digest}`;
  throw new VirtgraphError(
    'BAD_USER_INPUT',
    `Expected a fingerprint as ssh-keygen -l shows it (SHA256: and 43 characters), saw ${JSON.stringify(text.slice(0, 80))}.`,
    { outcome: 'NOT_SENT' },
  );
}
