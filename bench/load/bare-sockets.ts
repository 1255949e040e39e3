/** The same bytes to every socket by `ws.send`, with no GraphQL at all. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

export async function openBareSockets(
  message: string,
): Promise<{ readonly url: string; close(): Promise<void>; publish(times: number): void }> {
  const bytes = Buffer.from(message);
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.includes('connection_init')) socket.send('{"type":"connection_ack"}');
      if (text.includes('"ping"')) socket.send('{"type":"pong"}');
    });
  });
  // It listens on a port, not on a path.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    publish(times) {
      for (let time = 0; time < times; time++) {
        for (const socket of server.clients) socket.send(bytes, { binary: false });
      }
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
