import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { CloseCode, type Context, handleProtocols, makeServer, type WebSocket as ProtocolSocket } from 'graphql-ws';
import type { Gatekeeper } from '../auth.ts';
import type { Cohorts } from '../cohorts/cohorts.ts';
import { lifetimeOf, toldBeside } from '../cohorts/lifetime.ts';
import type { Outlet } from '../cohorts/outlets.ts';
import { createInFlight, type InFlight } from '../in-flight.ts';
import { limitError, type RequestLimits } from '../limits.ts';
import type { Operations } from '../operations.ts';

/** The protocol's side of all sockets: what is asked, and whether it may be. */
export type SocketProtocol = {
  /** Which of the subprotocols that a client offers is spoken. */
  choose(offered: Set<string>): string | false;
  /** Returns what is to be called when the socket is closed. */
  open(socket: ProtocolSocket, extra: SocketExtra): (code?: number, reason?: string) => Promise<void>;
  /** Under way on all sockets. */
  operations(): number;
};

export type SocketProtocolOptions = {
  readonly operations: Operations;
  readonly cohorts: Cohorts;
  readonly gatekeeper: Gatekeeper;
  readonly limits: RequestLimits;
};

/** A socket is closed with it when we are at fault. */
export const internalErrorCode = CloseCode.InternalServerError;

/** What we keep with each socket. */
export type SocketExtra = {
  /** Of the request that it came with; the request itself would keep ten times as much from being freed. */
  readonly authorization: string | null;
  readonly host: string | null;
  readonly outlet: Outlet;
  /** Queries and mutations that are under way on it. `null`: there was none yet. */
  answers: InFlight | null;
  /** By their ids: says that one has been answered. `null`: none has been asked for yet. */
  answered: Map<string, () => void> | null;
};
type Session = Context<Record<string, unknown> | undefined, SocketExtra>;
/** What an operation is executed with; graphql-ws hands it on as it is. */
type SocketArgs = ExecutionArgs & { readonly outlet: Outlet; readonly operationId: string };

const signInMs = 5_000;

/** graphql-ws, told what may be asked here. What subscribers are told passes it by. */
export function createSocketProtocol({
  operations,
  cohorts,
  gatekeeper,
  limits,
}: SocketProtocolOptions): SocketProtocol {
  const sessions = new Set<Session>();
  const underWay = (session: Session) => Object.keys(session.subscriptions).length;

  const server = makeServer<Record<string, unknown> | undefined, SocketExtra>({
    connectionInitWaitTimeout: signInMs,
    onConnect(session) {
      const { host } = session.extra;
      const authorization = authorizationOf(session.connectionParams) ?? session.extra.authorization;
      // False closes with 4403, which clients take for final.
      if (gatekeeper.check({ authorization, host }) !== null) return false;
      sessions.add(session);
      return true;
    },
    onClose(session) {
      sessions.delete(session);
    },
    onSubscribe(session, id, { query, operationName, variables }) {
      // The one that is asked for is among them already.
      if (underWay(session) > limits.subscriptionsPerSocket) {
        return [
          limitError(`A socket may have ${limits.subscriptionsPerSocket} operations under way; open another one.`),
        ];
      }
      const prepared = operations.prepare({
        query,
        operationName: operationName ?? null,
        variables: variables ?? null,
      });
      if (!('args' in prepared)) return prepared;
      if (prepared.type !== 'subscription') {
        const { promise, resolve } = Promise.withResolvers<void>();
        session.extra.answered ??= new Map();
        session.extra.answered.set(id, resolve);
        session.extra.answers ??= createInFlight();
        void session.extra.answers.track(promise);
      }
      return { ...prepared.args, outlet: session.extra.outlet, operationId: id } satisfies SocketArgs;
    },
    onComplete(session, id) {
      session.extra.answered?.get(id)?.();
      session.extra.answered?.delete(id);
    },
    async execute(operation) {
      // What `onSubscribe` returned.
      const { outlet, operationId, ...args } = operation as SocketArgs;
      const answer = await operations.execute(args);
      return Buffer.isBuffer(answer) ? toldBeside(answer, outlet, operationId) : answer;
    },
    async subscribe(operation) {
      // What `onSubscribe` returned.
      const { outlet, operationId, ...args } = operation as SocketArgs;
      const subscription = await cohorts.prepare(args);
      return 'start' in subscription ? lifetimeOf(subscription, outlet, operationId) : subscription;
    },
    onNext: (_session, _id, _payload, _args, result: ExecutionResult) => operations.format(result),
    onError: (_session, _id, _payload, errors) => operations.formatErrors(errors),
  });

  return {
    choose: (offered) => handleProtocols(offered),
    open: server.opened.bind(server),
    operations: () => [...sessions].reduce((total, session) => total + underWay(session), 0),
  };
}

/** `connectionParams: { authorization: "Bearer …" }`, or `{ token: "…" }`. */
function authorizationOf(params: Readonly<Record<string, unknown>> | undefined): string | null {
  const header = params?.['authorization'] ?? params?.['Authorization'];
  if (typeof header === 'string') return header;
  const token = params?.['token'];
  return typeof token === 'string' ? `Bearer ${token}` : null;
}
