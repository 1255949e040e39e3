/** From a byte stream to an open libvirt connection: authentication, open, features. */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock.ts';
import { hostProblem, type ProblemCode, VirtgraphError } from '../../errors.ts';
import type { HostHint } from '../../model/hints.ts';
import type { HostTarget } from '../../model/target.ts';
import { deadlineMs, farewellDeadlineMs, openDeadlineMs } from './deadlines.ts';
import { isLibvirtError, orNull } from './errors.ts';
import { connectionLost } from './rpc/call-failures.ts';
import { RpcClient } from './rpc/client.ts';
import { procedures } from './rpc/procedures.ts';
import { authTypes, connectFlags, features } from './rpc/procedures-connect.ts';

export type ConnectOptions = Pick<HostTarget, 'connectName' | 'readOnly' | 'keepaliveIntervalMs' | 'keepaliveCount'> & {
  readonly clock: Clock;
  readonly onHint: (hint: HostHint) => void;
  /** Told once the daemon has let the client in, before it is asked to open anything. */
  readonly onAdmitted?: (asked: 'nothing' | 'polkit') => void;
};

export type LibvirtConnection = {
  readonly client: RpcClient;
  /** Whether the daemon has the callback protocol of events. */
  readonly hasEvents: boolean;
  /** Says goodbye where somebody still listens, then ends the stream. May be called twice. */
  close(): Promise<void>;
};

/**
 * Opens a connection over `stream`, which it owns from now on. Its failures name their stage:
 * `libvirt-auth` or `open`, with libvirt's own words where there are any.
 */
export async function openLibvirtConnection(
  stream: Duplex,
  options: ConnectOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<LibvirtConnection> {
  const client = new RpcClient(stream, { clock: options.clock, onHint: options.onHint });
  try {
    // By itself: as an argument of a call that is optional it would not happen where nobody listens.
    const asked = await authenticate(client, signal);
    options.onAdmitted?.(asked);
    await open(client, options, signal);
    const hasEvents = await agreeOnFeatures(client, options, signal);
    return { client, hasEvents, close: () => closeConnection(client) };
  } catch (error) {
    client.fail(error instanceof VirtgraphError ? error : connectionLost('The connection could not be opened.', error));
    throw error;
  }
}

async function authenticate(client: RpcClient, signal: AbortSignal): Promise<'nothing' | 'polkit'> {
  const { types } = await client.call(procedures.authList, null, { signal, deadlineMs: deadlineMs.control });
  if (types.length === 0 || types.includes(authTypes.NONE)) return 'nothing';
  if (!types.includes(authTypes.POLKIT)) {
    const offered = types.map((type) => (type === authTypes.SASL ? 'SASL' : `type ${type}`)).join(', ');
    throw hostProblem(
      'LIBVIRT_AUTH_UNSUPPORTED',
      `The daemon wants its clients to authenticate by ${offered}, which the gateway does not do.`,
      'Set auth_unix_rw (or auth_unix_ro) to "none" or "polkit" in the daemon\'s configuration; SSH has already authenticated the gateway.',
    );
  }
  try {
    await client.call(procedures.authPolkit, null, { signal, deadlineMs: openDeadlineMs });
    return 'polkit';
  } catch (error) {
    throw asProblem(
      error,
      'LIBVIRT_AUTH_FAILED',
      'polkit does not let this account manage libvirt.',
      'Add the account to the group libvirt on the host, or allow it org.libvirt.unix.manage by a polkit rule.',
    );
  }
}

async function open(client: RpcClient, { connectName, readOnly }: ConnectOptions, signal: AbortSignal): Promise<void> {
  const args = { name: connectName, flags: readOnly ? connectFlags.READ_ONLY : 0 };
  try {
    await client.call(procedures.connectOpen, args, { signal, deadlineMs: openDeadlineMs });
  } catch (error) {
    throw explainOpenFailure(error, connectName);
  }
}

function explainOpenFailure(error: unknown, connectName: string): unknown {
  if (isLibvirtError(error, 'AUTH_FAILED', 'ACCESS_DENIED', 'OPERATION_DENIED', 'AUTH_CANCELLED', 'AUTH_UNAVAILABLE')) {
    return asProblem(
      error,
      'LIBVIRT_AUTH_FAILED',
      `The daemon does not let this account open ${connectName}.`,
      "Check the account's groups and the daemon's access rules on the host, or configure the host with readOnly.",
    );
  }
  if (isLibvirtError(error, 'NO_CONNECT', 'NO_SUPPORT', 'CONFIG_UNSUPPORTED')) {
    return asProblem(
      error,
      'LIBVIRT_DRIVER_MISSING',
      `The daemon has no driver for ${connectName}.`,
      'Install the package of that libvirt driver on the host (on Debian libvirt-daemon-driver-…), or correct the uri.',
    );
  }
  return asProblem(
    error,
    'LIBVIRT_OPEN_FAILED',
    `The daemon could not open ${connectName}.`,
    'Try `virsh -c ' + connectName + " list` on the host; the daemon's log has more.",
  );
}

/** What libvirt said as a problem of the host; anything else (a lost connection, a deadline) as it is. */
function asProblem(error: unknown, problem: ProblemCode, message: string, remedy: string): unknown {
  if (!(error instanceof VirtgraphError) || !error.detail.libvirt) return error;
  const { libvirt } = error.detail;
  return hostProblem(problem, `${message} libvirt says: ${libvirt.message}`, remedy, { libvirt, cause: error });
}

/**
 * Also switches on our keepalive. Any daemon with events by callback (1.3.3) answers pings, asked or not (0.9.8). To ask
 * would make it ping as well, every five seconds: most of what an idle host would cost, to tell what ours tell.
 */
async function agreeOnFeatures(
  client: RpcClient,
  { keepaliveIntervalMs, keepaliveCount }: ConnectOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const supports = async (feature: number) => {
    const answer = client.call(
      procedures.connectSupportsFeature,
      { feature },
      { signal, deadlineMs: deadlineMs.control },
    );
    return (await orNull(answer))?.supported ?? false;
  };
  const [events] = await Promise.all([
    supports(features.REMOTE_EVENT_CALLBACK),
    // Only a proxying daemon can lose its driver; where this is refused, there is nothing to miss.
    orNull(client.call(procedures.closeCallbackRegister, null, { signal, deadlineMs: deadlineMs.control })),
  ]);
  if (keepaliveIntervalMs > 0 && (events || (await supports(features.PROGRAM_KEEPALIVE)))) {
    client.startKeepalive({ intervalMs: keepaliveIntervalMs, count: keepaliveCount });
  }
  return events;
}

async function closeConnection(client: RpcClient): Promise<void> {
  try {
    await client.call(procedures.connectClose, null, {
      signal: new AbortController().signal,
      deadlineMs: farewellDeadlineMs,
    });
  } catch (error) {
    // It is over either way; only a fault of ours is worth more than that.
    if (!(error instanceof VirtgraphError)) throw error;
  } finally {
    client.fail(connectionLost('The gateway closed the connection.'));
  }
}
