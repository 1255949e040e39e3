import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { simTransport } from '../src/drivers/libvirt/sim/targets.ts';

/**
 * `node ssh-hosts.ts HOSTS KEYFILE`: so many embedded daemons without guests, each behind an SSH server of its own, in a process
 * of their own. Prints `{ ports }`; then for each line it reads `{ handshakes, mostAtOnce }`, of the host that had most
 * at once.
 */
const [hosts = '0', keyFile = ''] = process.argv.slice(2);
const hostKeys = [await readFile(keyFile)];
const ports: number[] = [];
/** OpenSSH's server asks its clients for no sign of life by default; the library's does, every 15 s. In milliseconds. */
const never = 2 ** 31 - 1;
let handshakes = 0;
let mostAtOnce = 0;

for (let index = 0; index < Number(hosts); index += 1) {
  let underWay = 0;
  const server = new ssh2.Server({ hostKeys, keepaliveInterval: never }, (client) => {
    let isUnderWay = true;
    const settle = () => {
      if (isUnderWay) underWay -= 1;
      isUnderWay = false;
    };
    handshakes += 1;
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    client.on('ready', settle);
    client.on('close', settle);
    serve(client, `host${index}`);
  });
  // OpenSSH's server turns Nagle's algorithm off once a session has begun, as the gateway sees to.
  const sockets = createServer({ noDelay: true }, (socket) => server.injectSocket(socket));
  await new Promise<void>((resolve) => sockets.listen(0, '127.0.0.1', 64, resolve));
  ports.push((sockets.address() as AddressInfo).port);
}
process.stdout.write(`${JSON.stringify({ ports })}\n`);
for await (const _ of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify({ handshakes, mostAtOnce })}\n`);
}
process.exit(0);

function serve(client: Connection, name: string): void {
  // What a cut connection says is of no interest here.
  client.on('error', () => {});
  client.on('authentication', (context) => {
    if (context.method === 'publickey') context.accept();
    else context.reject(['publickey']);
  });
  client.on('session', (acceptSession) => {
    const session = acceptSession();
    session.on('exec', (acceptCommand) => {
      const channel = acceptCommand();
      channel.exit(0);
      channel.end();
    });
  });
  client.on('openssh.streamlocal', (accept) => void forward(name, accept()));
}

async function forward(daemonName: string, channel: ServerChannel): Promise<void> {
  const transport = { kind: 'sim', daemonName, options: { domains: '0', activity: 'off' } } as const;
  const [route] = simTransport({ driver: 'qemu', readOnly: false, transport }).routes;
  const stream = await route?.open({ signal: new AbortController().signal });
  if (!stream) throw new Error('An embedded host has a route.');
  for (const end of [channel, stream]) end.on('error', () => {});
  channel.pipe(stream).pipe(channel);
  channel.on('close', () => stream.destroy());
  stream.on('close', () => channel.end());
}
