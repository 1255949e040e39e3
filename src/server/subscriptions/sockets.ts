import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../clock.ts';
import { detach, errorFields, type Log } from '../../log.ts';
import type { Gatekeeper } from '../auth.ts';
import type { Cohorts } from '../cohorts/cohorts.ts';
import { textFrame } from '../cohorts/framing.ts';
import type { RequestLimits } from '../limits.ts';
import type { Operations } from '../operations.ts';
import { isAllowedOrigin } from './origin.ts';
import { sendOff } from './send-off.ts';
import { keepAlive } from './socket-keepalive.ts';
import { openSocketOutlet } from './socket-outlet.ts';
import { createSocketProtocol, internalErrorCode, type SocketExtra, type SocketProtocol } from './socket-protocol.ts';

/**
 * GraphQL over WebSocket: graphql-ws speaks the protocol, ws the frames. What neither of them bounds is bounded here:
 * who may connect and from which page, how many sockets, how much on each, and how long one may be silent.
 */
export type Sockets = {
  /** An HTTP request that wants to become a WebSocket. `settled`: it has, and has said what it wants. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, settled: () => void): void;
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

/** Of RFC 6455's registry: "Service Restart". graphql-ws's clients try again after it. */
const serviceRestart = 1012;

export function createSockets(options: SocketsOptions): Sockets {
  const { path, gatekeeper, origins, limits, cohorts, clock, log } = options;
  const protocol = createSocketProtocol(options);
  const wss = new WebSocketServer({
    noServer: true,
    // Compression would cost memory for each socket, and time for each message that is sent to many.
    perMessageDeflate: false,
    maxPayload: limits.socketMessageBytes,
    handleProtocols: (offered) => protocol.choose(offered),
  });
  let isClosing = false;
  /** Those who wait for their handshake. */
  let arriving = 0;

  const extras = new WeakMap<WebSocket, SocketExtra>();
  wss.on('connection', (socket, request) => {
    extras.set(socket, serve(socket, request, protocol, options));
  });

  return {
    upgrade(request, socket, head, settled) {
      if (!mayEnter(request, socket)) return;
      const turn = cohorts.turns.take('patient');
      if (turn === null) admit(request, socket, head, settled);
      else detach(log, 'the handshake of a WebSocket', admitLater(turn, request, socket, head, settled));
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
  async function admitLater(
    turn: Promise<void>,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    settled: () => void,
  ) {
    // Nobody else listens: Node has let go of it, and ws does not have it yet.
    const onError = () => socket.destroy();
    socket.on('error', onError);
    arriving++;
    await turn;
    arriving--;
    socket.off('error', onError);
    // The gateway may have begun to stop meanwhile.
    if (!socket.destroyed && mayEnter(request, socket)) admit(request, socket, head, settled);
  }

  function admit(request: IncomingMessage, socket: Duplex, head: Buffer, settled: () => void) {
    wss.handleUpgrade(request, socket, head, (webSocket) => {
      // It signs in with the first message, and says with the second what it wants; or it is quiet, and at home.
      const onHome = () => {
        webSocket.off('pong', onHome);
        settled();
      };
      webSocket.once('message', () => webSocket.once('message', onHome));
      webSocket.once('pong', onHome);
      wss.emit('connection', webSocket, request);
    });
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

/**
 * Ties one socket to the protocol. What subscribers are told goes by the socket's outlet, beside the protocol; everything
 * else by `send`, behind it.
 */
function serve(
  socket: WebSocket,
  request: IncomingMessage,
  protocol: SocketProtocol,
  { cohorts, pingMs, clock, log }: SocketsOptions,
): SocketExtra {
  const fail = (error: unknown) => {
    log.error(errorFields(error), 'a WebSocket failed');
    socket.close(internalErrorCode, 'Internal error');
  };
  const keepalive = keepAlive(socket, pingMs, clock);
  // What is below may keep this, and not the request.
  const stream = request.socket;
  const outlet = openSocketOutlet(cohorts.outlets, socket, stream, () => keepalive.heard());
  const { authorization = null, host = null } = request.headers;
  const extra: SocketExtra = { authorization, host, outlet, answers: null, answered: null };
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
