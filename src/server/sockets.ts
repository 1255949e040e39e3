import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import { CloseCode, type Context, handleProtocols, makeServer } from 'graphql-ws';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../clock.ts';
import { detach, errorFields, type Log } from '../log.ts';
import type { Gatekeeper } from './auth.ts';
import type { Cohorts } from './cohorts/cohorts.ts';
import { socketFraming, textFrame } from './cohorts/framing.ts';
import { lifetimeOf, toldBeside } from './cohorts/lifetime.ts';
import type { Outlet } from './cohorts/outlets.ts';
import { createInFlight, type InFlight } from './in-flight.ts';
import { limitError, type RequestLimits } from './limits.ts';
import type { Operations } from './operations.ts';
import { isAllowedOrigin } from './origin.ts';
import { sendOff } from './send-off.ts';
import { keepAlive } from './socket-keepalive.ts';

/**
 * GraphQL over WebSocket: graphql-ws speaks the protocol, ws the frames. What neither of them bounds is bounded here:
 * who may connect and from which page, how many sockets, how much on each, and how long one may be silent.
 */
export type Sockets = {
  /** An HTTP request that wants to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly size: number;
  /** Operations under way on all of them. */
  readonly operations: number;
  /**
   * Takes no more, and closes those there are, in the course of `spreadMs`, so that they do not all come back at once.
   * One that waits for an answer, to a mutation perhaps, is closed after it, but not later than `patience` is aborted.
   */
  close(spreadMs: number, patience: AbortSignal): Promise<void>;
};

export type SocketsOptions = {
  readonly path: string;
  readonly operations: Operations;
  readonly cohorts: Cohorts;
  readonly gatekeeper: Gatekeeper;
  /** Of pages besides our own. */
  readonly origins: readonly string[];
  readonly limits: RequestLimits;
  /** How often each is pinged. Who does not answer until the next ping is gone. */
  readonly pingMs: number;
  readonly clock: Clock;
  readonly log: Log;
};

/** What we keep with each socket. */
type Extra = {
  /** Of the request that it came with; the request itself would keep ten times as much from being freed. */
  readonly authorization: string | null;
  readonly host: string | null;
  readonly outlet: Outlet;
  /** Queries and mutations that are under way on it. `null`: there was none yet. */
  answers: InFlight | null;
  /** By their ids: says that one has been answered. `null`: none has been asked for yet. */
  answered: Map<string, () => void> | null;
};
type Session = Context<Record<string, unknown> | undefined, Extra>;
/** What an operation is executed with; graphql-ws hands it on as it is. */
type SocketArgs = ExecutionArgs & { readonly outlet: Outlet; readonly operationId: string };

const signInMs = 5_000;
/** Of RFC 6455's registry: "Service Restart". graphql-ws's clients try again after it. */
const serviceRestart = 1012;

export function createSockets(options: SocketsOptions): Sockets {
  const { path, gatekeeper, origins, limits, cohorts, clock, log } = options;
  const wss = new WebSocketServer({
    noServer: true,
    // Compression would cost memory for each socket, and time for each message that is sent to many.
    perMessageDeflate: false,
    maxPayload: limits.socketMessageBytes,
    handleProtocols: (protocols) => handleProtocols(protocols),
  });
  const protocol = createProtocol(options);
  let isClosing = false;
  /** Those who wait for their handshake. */
  let arriving = 0;

  const extras = new WeakMap<WebSocket, Extra>();
  wss.on('connection', (socket, request) => {
    extras.set(socket, serve(socket, request, protocol, options));
  });

  return {
    upgrade(request, socket, head) {
      if (!mayEnter(request, socket)) return;
      const turn = cohorts.turns.take('patient');
      if (turn === null) admit(request, socket, head);
      else detach(log, 'the handshake of a WebSocket', admitLater(turn, request, socket, head));
    },
    get size() {
      return wss.clients.size;
    },
    get operations() {
      return protocol.operations();
    },
    async close(spreadMs, patience) {
      isClosing = true;
      await sendOff([...wss.clients], spreadMs, clock, async (socket) => {
        const extra = extras.get(socket);
        await extra?.answers?.finished(patience);
        extra?.outlet.flush();
        await closeSocket(socket, clock);
      });
    },
  };

  /** When thousands come at once, those who are here already are not kept waiting by their handshakes. */
  async function admitLater(turn: Promise<void>, request: IncomingMessage, socket: Duplex, head: Buffer) {
    // Nobody else listens: Node has let go of it, and ws does not have it yet.
    const onError = () => socket.destroy();
    socket.on('error', onError);
    arriving++;
    await turn;
    arriving--;
    socket.off('error', onError);
    // The gateway may have begun to stop meanwhile.
    if (!socket.destroyed && mayEnter(request, socket)) admit(request, socket, head);
  }

  function admit(request: IncomingMessage, socket: Duplex, head: Buffer) {
    wss.handleUpgrade(request, socket, head, (webSocket) => wss.emit('connection', webSocket, request));
  }

  /** Who may not is told why. */
  function mayEnter(request: IncomingMessage, socket: Duplex): boolean {
    const refusal = refuse(request);
    if (refusal) {
      log.debug({ reason: refusal[1] }, 'a WebSocket was refused');
      refuseUpgrade(socket, ...refusal);
    }
    return refusal === null;
  }

  /** Status and reason; `null`: it may come in, to sign in with its first message. */
  function refuse(request: IncomingMessage): readonly [number, string] | null {
    const { origin, host } = request.headers;
    if (request.url?.split('?')[0] !== path) return [404, `WebSockets are at ${path}.`];
    if (isClosing) return [503, 'The gateway is stopping.'];
    if (!isAllowedOrigin(origin, host, origins)) {
      return [
        403,
        `Pages of ${origin} may not open a WebSocket here; the configuration lists those that may in \`origins\`.`,
      ];
    }
    if (gatekeeper.isOpen) {
      const reason = gatekeeper.check({ authorization: null, host: host ?? null });
      if (reason !== null) return [403, reason];
    }
    return wss.clients.size + arriving >= limits.sockets
      ? [503, `The gateway has ${limits.sockets} sockets open already.`]
      : null;
  }
}

/** The protocol's side: what is asked, and whether it may be. */
function createProtocol({ operations, cohorts, gatekeeper, limits }: SocketsOptions) {
  const sessions = new Set<Session>();
  const underWay = (session: Session) => Object.keys(session.subscriptions).length;

  const server = makeServer<Record<string, unknown> | undefined, Extra>({
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

/**
 * Ties one socket to the protocol. What subscribers are told goes by the socket's outlet, beside the protocol; everything
 * else by `send`, behind it.
 */
function serve(
  socket: WebSocket,
  request: IncomingMessage,
  protocol: ReturnType<typeof createProtocol>,
  { cohorts, pingMs, clock, log }: SocketsOptions,
): Extra {
  const fail = (error: unknown) => {
    log.error(errorFields(error), 'a WebSocket failed');
    socket.close(CloseCode.InternalServerError, 'Internal error');
  };
  const keepalive = keepAlive(socket, pingMs, clock);
  // What is below may keep this, and not the request.
  const stream = request.socket;
  const outlet = openOutlet(socket, stream, cohorts, () => keepalive.heard());
  const { authorization = null, host = null } = request.headers;
  const extra: Extra = { authorization, host, outlet, answers: null, answered: null };
  const { promise: gone, resolve: leave } = Promise.withResolvers<void>();
  const closed = protocol.open(
    {
      protocol: socket.protocol,
      send: (text) =>
        new Promise((resolve) => {
          if (socket.readyState !== socket.OPEN) {
            resolve(gone);
            return;
          }
          outlet.flush();
          let hadToWait = false;
          // As safe as what the outlet writes.
          stream.write(textFrame(text), (error) => {
            if (hadToWait && !error) keepalive.heard();
            // Who leaves while he is written to makes no operation fail: they end when the socket is closed.
            resolve(error ? gone : undefined);
          });
          hadToWait = stream.writableLength > 0;
        }),
      close(code, reason) {
        outlet.flush();
        socket.close(code, reason);
      },
      onMessage: (take) => {
        // An operation's promise lasts as long as the operation, so messages are not waited for in turn.
        socket.on('message', (data) => void take(textOf(data)).catch(fail));
      },
    },
    extra,
  );
  socket.on('pong', () => keepalive.heard());
  socket.on('message', () => keepalive.heard());
  socket.on('error', (error) => log.debug(errorFields(error), 'a WebSocket broke'));
  socket.once('close', (code, reason) => {
    keepalive.stop();
    outlet.close();
    leave();
    detach(log, 'ending the operations of a WebSocket', closed(code, String(reason)));
  });
  return extra;
}

/** So much may wait in the process for a reader; then he gets no more until it has left. */
const mostUnsent = 16 * 1024;

/**
 * Whole frames, written to the stream below the WebSocket. That is safe as long as nothing is compressed: ws writes each
 * frame of its own at once as well. `onProgress`: what had to wait has left, which is a sign of life.
 */
function openOutlet(socket: WebSocket, stream: Duplex, { outlets }: Cohorts, onProgress: () => void): Outlet {
  let isWatched = false;

  function watch() {
    if (isWatched) return;
    isWatched = true;
    // Nothing, behind all that waits: its callback says when that has left. To ask this of each write would cost every
    // one of them a turn of its own.
    stream.write('', (error) => {
      isWatched = false;
      if (error) return;
      onProgress();
      if (stream.writableLength > mostUnsent) watch();
      else outlet.drained();
    });
  }

  const outlet = outlets.open(socketFraming, (pieces) => {
    // No frame may follow the farewell.
    if (socket.readyState !== socket.OPEN) return 'GONE';
    // In one call of the system's.
    if (pieces.length > 1) stream.cork();
    for (const piece of pieces) stream.write(piece);
    if (pieces.length > 1) stream.uncork();
    if (stream.writableLength === 0) return 'GONE';
    watch();
    return stream.writableLength > mostUnsent ? 'FULL' : 'KEPT';
  });
  return outlet;
}

/** Waits a moment for the far end's farewell. */
async function closeSocket(socket: WebSocket, clock: Clock): Promise<void> {
  if (socket.readyState === socket.CLOSED) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once('close', () => resolve());
  const stopWaiting = clock.after(1000, () => socket.terminate());
  socket.close(serviceRestart, 'The gateway is restarting');
  await promise;
  stopWaiting();
}

function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  // Node has taken its own listener away. Without one, a caller who hangs up now would end the process.
  socket.on('error', () => socket.destroy());
  const statusText = { 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' }[status] ?? 'Bad Request';
  const length = Buffer.byteLength(reason);
  socket.end(
    `HTTP/1.1 ${status} ${statusText}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${length}\r\n\r\n${reason}`,
  );
}

/** ws gives a buffer for a message in one piece, and for one in fragments too unless it is told otherwise. */
function textOf(data: RawData): string {
  return Buffer.isBuffer(data)
    ? data.toString()
    : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]).toString();
}
