import type { ArgsOf, ProcedureName, ReplyOf } from '../rpc/procedures.ts';
import type { Registration } from './event-sink.ts';
import type { SimHost } from './host.ts';

/** What one client's connection has told the daemon so far. */
export type ClientState = {
  opened: boolean;
  /** Set when it is opened, and from the start on a connection to the read-only socket. */
  readOnly: boolean;
  /** It asked for the keepalive feature: the daemon pings it from then on. */
  wantsKeepalive: boolean;
  /** The reply to the call at hand is the last thing it gets. */
  closing: boolean;
  readonly registrations: Map<string, Registration>;
};

export type CallContext = {
  /** Which call it is. */
  readonly procedure: ProcedureName;
  readonly host: SimHost;
  readonly client: ClientState;
  /** Sends a frame by which no call is answered. */
  readonly send: (frame: Buffer) => void;
};

/** What the daemon does for one procedure. A `Failure` that is thrown becomes the error of the reply. */
export type Handler<N extends ProcedureName> = (
  context: CallContext,
  args: ArgsOf<N>,
) => ReplyOf<N> | Promise<ReplyOf<N>>;
