import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy on a port of its own whose connections can be cut, as a network does. */
export type CuttableProxy = {
  /** As the far end's URL, but through here. */
  readonly url: string;
  /** Breaks every connection, and takes no new ones until `mend`. */
  cut(): void;
  /** Takes connections again; to another far end, where one is given. */
  mend(farUrl?: string): void;
  close(): Promise<void>;
};

export async function openCuttableProxy(farUrl: string): Promise<CuttableProxy> {
  let far = new URL(farUrl);
  let isCut = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const onward = connect(Number(far.port), far.hostname);
    for (const [socket, other] of [
      [near, onward],
      [onward, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut,
    mend(newFarUrl) {
      far = new URL(newFarUrl ?? far);
      isCut = false;
    },
    close() {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
