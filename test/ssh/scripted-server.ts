import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerConfig } from 'ssh2';
import { generateKey, type Scratch } from './real-sshd.ts';

export type { AuthContext };

/** An SSH server that does what OpenSSH's would not. */
export type ScriptedServer = { readonly port: number; readonly knownHosts: string; stop(): Promise<void> };

export async function startScriptedServer(
  scratch: Scratch,
  script: {
    readonly algorithms?: ServerConfig['algorithms'];
    readonly onAuthentication?: (context: AuthContext) => void;
    readonly onConnection?: (client: Connection) => void;
  },
): Promise<ScriptedServer> {
  const keyPath = scratch.path(`scripted-${process.hrtime.bigint()}`);
  await generateKey(keyPath, 'ed25519');
  const config = {
    hostKeys: [await readFile(keyPath)],
    ...(script.algorithms && { algorithms: script.algorithms }),
  };
  const clients = new Set<Connection>();
  const server = new ssh2.Server(config, (client) => {
    clients.add(client);
    client.on('error', () => {});
    client.on('close', () => void clients.delete(client));
    client.on('authentication', script.onAuthentication ?? ((context) => context.accept()));
    script.onConnection?.(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const [type, key] = (await readFile(`${keyPath}.pub`, 'utf8')).split(' ');
  return {
    port,
    knownHosts: `[127.0.0.1]:${port} ${type} ${key}\n`,
    stop: () =>
      new Promise((resolve) => {
        for (const client of clients) client.end();
        server.close(() => resolve());
      }),
  };
}

/** A TCP server that is no SSH server. */
export async function startTcpServer(
  onSocket: (socket: Socket) => void,
): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => void sockets.delete(socket));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
