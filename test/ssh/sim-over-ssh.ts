import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import ssh2, { type Connection } from 'ssh2';
import { simTransport } from '../../src/drivers/libvirt/sim/targets.ts';
import { generateKey, type Scratch } from './real-sshd.ts';

/** Embedded daemons, each behind an SSH server of its own that lets everybody in and forwards sockets. */
export type SimsOverSsh = {
  /** One for each name. */
  readonly ports: ReadonlyMap<string, number>;
  readonly knownHosts: string;
  stop(): Promise<void>;
};

export async function startSimsOverSsh(scratch: Scratch, names: readonly string[]): Promise<SimsOverSsh> {
  const keyPath = scratch.path('sims_key');
  await generateKey(keyPath, 'ed25519');
  const hostKeys = [await readFile(keyPath)];
  const [type, key] = (await readFile(`${keyPath}.pub`, 'utf8')).split(' ');
  const clients = new Set<Connection>();
  const servers: ssh2.Server[] = [];
  const ports = new Map<string, number>();
  for (const name of names) {
    const server = new ssh2.Server({ hostKeys }, (client) => {
      clients.add(client);
      // What a cut connection says is of no interest here.
      client.on('error', () => {});
      client.on('close', () => void clients.delete(client));
      client.on('authentication', (context) => context.accept());
      client.on('openssh.streamlocal', (accept) => void serve(name, accept()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    ports.set(name, (server.address() as AddressInfo).port);
  }
  return {
    ports,
    knownHosts: [...ports.values()].map((port) => `[127.0.0.1]:${port} ${type} ${key}\n`).join(''),
    async stop() {
      for (const client of clients) client.end();
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    },
  };
}

async function serve(name: string, channel: ssh2.ServerChannel): Promise<void> {
  const transport = { kind: 'sim', daemonName: name, options: { domains: '1' } } as const;
  const [route] = simTransport({ driver: 'qemu', readOnly: false, transport }).routes;
  const stream = await route?.open({ signal: new AbortController().signal });
  if (!stream) throw new Error('An embedded host has a route.');
  for (const end of [channel, stream]) end.on('error', () => {});
  channel.pipe(stream).pipe(channel);
  channel.on('close', () => stream.destroy());
  stream.on('close', () => channel.end());
}
