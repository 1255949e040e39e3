import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections on which nothing was asked yet: browsers and HTTP clients open some in advance. Node does not count them
 * as idle (`closeIdleConnections`), so that a server that stops would wait for a question that never comes.
 */
export type UnusedConnections = {
  /** Ends them, and each that is still to come. */
  end(): void;
};

/** @param established the event of the server that tells of a connection: for TLS, of one that has shaken hands */
export function trackUnusedConnections(
  server: Server,
  established: 'connection' | 'secureConnection',
): UnusedConnections {
  const unused = new Set<Socket>();
  let isEnding = false;
  server.on(established, (socket: Socket) => {
    if (isEnding) {
      socket.destroy();
      return;
    }
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  const use = ({ socket }: IncomingMessage) => void unused.delete(socket);
  server.on('request', use);
  server.on('upgrade', use);
  return {
    end() {
      isEnding = true;
      for (const socket of unused) socket.destroy();
    },
  };
}
