import { WebSocket } from 'ws';

/**
 * A process of subscribers, a WebSocket each. Started by `fork` with SubscribersOptions; says `ready` when all have been told
 * the present state. After each message to it, it says when the last of them had heard something new: milliseconds of the machine's clock.
 */
export type SubscribersOptions = { readonly url: string; readonly token: string; readonly count: number };

const { url, token, count } = JSON.parse(process.argv[2] ?? '') as SubscribersOptions; // what startSubscribers wrote

/** The guest that daemons.ts suspends and resumes. */
const query = `subscription { changes(filter: { domains: { nameContains: "guest-0000" } }) {
  __typename ... on ObjectUpserted { object { ... on Domain { name state } } } } }`;
const socketUrl = `${url.replace('http', 'ws')}/graphql`;

let awaited = new Set<number>();

/** In batches, since a gateway's queue of connections that wait to be accepted is bounded. */
for (let begun = 0; begun < count; begun += 100) {
  await Promise.all(Array.from({ length: Math.min(100, count - begun) }, (_, index) => subscribe(begun + index)));
}
process.on('message', () => {
  awaited = new Set(Array.from({ length: count }, (_, index) => index));
  process.send?.('counting');
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');

function subscribe(index: number): Promise<void> {
  const socket = new WebSocket(socketUrl, 'graphql-transport-ws', { perMessageDeflate: false });
  const send = (message: object) => socket.send(JSON.stringify(message));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', (code, reason) => reject(new Error(`closed with ${code} ${reason.toString()}`)));
    socket.once('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      if (text.includes('"connection_ack"')) {
        send({ id: '1', type: 'subscribe', payload: { query } });
      } else if (text.includes('"type":"error"')) {
        reject(new Error(text));
      } else if (text.includes('"SnapshotComplete"')) {
        resolve();
      } else if (text.includes('"state"') && awaited.delete(index) && awaited.size === 0) {
        process.send?.(performance.timeOrigin + performance.now());
      }
    });
  });
}
