import { request } from 'node:http';
import { WebSocket } from 'ws';
import type { ChangeMessage } from './messages.ts';

export type SubscribeOptions = {
  readonly transport: 'websocket' | 'event stream';
  /** `http://…/graphql`. */
  readonly url: string;
  readonly token: string;
  readonly query: string;
  readonly variables: object;
  readonly onMessage: (message: ChangeMessage) => void;
  /** Called once; nothing comes after it. */
  readonly onEnd: (why: string) => void;
};

/** One subscription on a connection of its own. The returned function breaks it off without a farewell. */
export function subscribe(options: SubscribeOptions): () => void {
  let over = false;
  const end = (why: string) => {
    if (over) return;
    over = true;
    options.onEnd(why);
  };
  const take = (result: { readonly data?: { readonly changes: ChangeMessage } | null; readonly errors?: unknown }) => {
    if (over) return;
    if (result.data && result.errors === undefined) options.onMessage(result.data.changes);
    else end(`an answer with errors: ${JSON.stringify(result.errors)}`);
  };
  const open = options.transport === 'websocket' ? overWebSocket : overEventStream;
  const breakOff = open(options, take, end);
  return () => {
    over = true;
    breakOff();
  };
}

type Take = (result: { readonly data?: { readonly changes: ChangeMessage } | null; readonly errors?: unknown }) => void;

/** graphql-transport-ws by hand: a library would come back by itself, and a client here decides that. */
function overWebSocket(options: SubscribeOptions, take: Take, end: (why: string) => void): () => void {
  const socket = new WebSocket(options.url.replace('http', 'ws'), 'graphql-transport-ws', { handshakeTimeout: 5_000 });
  const send = (message: object) => socket.send(JSON.stringify(message));
  socket.on('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${options.token}` } }));
  socket.on('message', (data: Buffer) => {
    // The far end is the gateway under test; what is not as the protocol says ends the stream.
    const message = JSON.parse(data.toString()) as { readonly type: string; readonly payload?: object };
    switch (message.type) {
      case 'connection_ack': {
        const { query, variables } = options;
        send({ id: '1', type: 'subscribe', payload: { query, variables } });
        return;
      }
      case 'next':
        take(message.payload ?? {});
        return;
      case 'ping':
        send({ type: 'pong' });
        return;
      case 'pong':
        return;
      default:
        end(`${message.type} ${JSON.stringify(message.payload ?? null)}`);
    }
  });
  socket.on('error', (error) => end(error.message));
  socket.on('close', (code, reason) => end(`closed with ${code} ${reason.toString()}`));
  return () => socket.terminate();
}

/** Not by fetch, which opens a new connection in place of the one that is given up, and sends nothing on it. */
function overEventStream(options: SubscribeOptions, take: Take, end: (why: string) => void): () => void {
  const headers = {
    accept: 'text/event-stream',
    'content-type': 'application/json',
    authorization: `Bearer ${options.token}`,
  };
  const call = request(options.url, { method: 'POST', headers, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const events = `${text}${chunk}`.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^event: next\ndata: (.*)$/.exec(event)?.[1];
        if (data !== undefined) take(JSON.parse(data));
      }
    });
    response.on('error', (error) => end(error.message));
    response.on('close', () => end(`the stream of status ${response.statusCode} ended`));
  });
  call.on('error', (error) => end(error.message));
  call.end(JSON.stringify({ query: options.query, variables: options.variables }));
  return () => call.destroy();
}
