/** One subscriber: a socket with one or several subscriptions on it, made of `net` alone so that many of them cost little. */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { clientPong, clientText } from './client-frame.ts';
import { createFrameCounter } from './frame-counter.ts';

export type Subscription = {
  readonly id: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
};

export type SubscriberOptions = {
  readonly url: string;
  readonly token: string;
  /** Nothing but frames is sent by the far end: no handshake, and nothing to ask it for. */
  readonly isBare: boolean;
  readonly subscriptions: readonly Subscription[];
  readonly onMessage: (bytes: number) => void;
  /** Of the first messages alone; see `wantsText`. */
  readonly onText: (text: string) => void;
  readonly wantsText: () => boolean;
  /** After it was open. */
  readonly onClosed: (reason: string) => void;
};

export type Subscriber = { close(): void };

/** One buffer for all: what is read is looked at before the next is. */
const readBuffer = Buffer.allocUnsafe(256 * 1024);

/** Settles when the server has taken the subscriptions. */
export function openSubscriber(options: SubscriberOptions): Promise<Subscriber> {
  const { protocol, hostname, port, pathname } = new URL(options.url);
  const isTls = protocol === 'https:' || protocol === 'wss:';
  const { promise, resolve, reject } = Promise.withResolvers<Subscriber>();
  let stage: 'upgrade' | 'acknowledgement' | 'pong' | 'live' = options.isBare ? 'live' : 'upgrade';
  let head = '';

  const frames = createFrameCounter({
    wantsText: () => stage !== 'live' || options.wantsText(),
    onMessage(bytes, text) {
      if (stage === 'acknowledgement') acknowledged(text);
      else if (stage === 'pong' && text === '{"type":"pong"}') live();
      else {
        options.onMessage(bytes);
        if (text !== '') options.onText(text);
      }
    },
    onPing: () => void socket.write(clientPong),
    onClose: (code) => fail(`the server closed the socket with ${code}`),
  });

  const target = { host: hostname, port: Number(port || (isTls ? 443 : 80)) };
  // `onread` spares a stream's work for each read; TLS has no such way.
  const socket = isTls
    ? connectTls(target).on('data', (bytes: Buffer) => read(bytes.length, bytes))
    : connect({
        ...target,
        onread: {
          buffer: readBuffer,
          callback(length, bytes) {
            read(length, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
            return true;
          },
        },
      });
  socket.setNoDelay(true);
  socket.once(isTls ? 'secureConnect' : 'connect', () => {
    if (options.isBare) live();
    else socket.write(upgradeRequest(hostname, port, pathname));
  });
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => fail('the connection ended'));

  function read(length: number, bytes: Buffer) {
    if (stage !== 'upgrade') {
      frames.read(bytes, length);
      return;
    }
    head += bytes.toString('latin1', 0, length);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!head.startsWith('HTTP/1.1 101')) {
      fail(`the server answered ${head.slice(0, head.indexOf('\r\n'))}`);
      return;
    }
    stage = 'acknowledgement';
    socket.write(clientText(JSON.stringify({ type: 'connection_init', payload: { token: options.token } })));
    const early = Buffer.from(head.slice(end + 4), 'latin1');
    if (early.length > 0) frames.read(early, early.length);
  }

  function acknowledged(text: string) {
    if (!text.includes('connection_ack')) {
      fail(`the server answered ${text}`);
      return;
    }
    stage = 'pong';
    const asked = options.subscriptions.map(({ id, query, variables }) =>
      clientText(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } })),
    );
    // It is answered after the subscriptions were taken: messages are read in order.
    socket.write(Buffer.concat([...asked, clientText('{"type":"ping"}')]));
  }

  function live() {
    stage = 'live';
    resolve({ close: () => socket.destroy() });
  }

  function fail(reason: string) {
    if (stage === 'live') options.onClosed(reason);
    else reject(new Error(`A subscriber failed: ${reason}.`));
    socket.destroy();
  }

  return promise;
}

function upgradeRequest(hostname: string, port: string, pathname: string): string {
  const lines = [
    `GET ${pathname} HTTP/1.1`,
    `Host: ${hostname}:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dmlydGdyYXBoLWJlbmNoIQ==',
    'Sec-WebSocket-Protocol: graphql-transport-ws',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
