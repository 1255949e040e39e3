import { join } from 'node:path';
import { type Namespace, openNamespace } from './namespace.ts';
import { runOk } from './run.ts';
import type { Slot } from './slot.ts';

/**
 * The lab's switch: a namespace with two bridges. `outer` reaches this machine, `inner` only what is plugged into it.
 * Both live in a namespace so that they end with it, and so that the machine's own packet filter has no say in them.
 */
export interface Hub {
  /** This machine's address on the outer bridge. */
  readonly address: string;
  /** Gives a namespace a network device on a bridge, as `device`, with that address. */
  plug(namespace: Namespace, port: string, bridge: Bridge, device: string, address: string): Promise<void>;
  /** Takes the port down, or up again: packets vanish without a word, as with a pulled cable. */
  setPort(port: string, up: boolean): Promise<void>;
  close(): Promise<void>;
}

export type Bridge = 'outer' | 'inner';

export async function openHub(slot: Slot): Promise<Hub> {
  const namespace = await openNamespace({
    hostName: `${slot.prefix}-hub`,
    logPath: join(slot.folder, 'hub.log'),
    bootScript: ['outer', 'inner'].map((name) => `ip link add ${name} type bridge; ip link set ${name} up`).join('\n'),
  });
  const address = `${slot.network}.254`;
  try {
    await ip(['link', 'add', slot.prefix, 'type', 'veth', 'peer', 'name', 'root', 'netns', String(namespace.pid)]);
    await ip(['address', 'add', `${address}/24`, 'dev', slot.prefix]);
    await ip(['link', 'set', slot.prefix, 'up']);
    // Without a route of its own the inner network would be looked for behind this machine's default gateway. Through
    // this device nobody answers for it, which is the point: only the jump host is on it.
    await ip(['route', 'add', `${slot.innerNetwork}.0/24`, 'dev', slot.prefix]);
    await namespace.execOk(['ip', 'link', 'set', 'root', 'master', 'outer', 'up']);
  } catch (error) {
    await namespace.close();
    throw error;
  }
  const inHub = ['nsenter', '--target', String(namespace.pid), '--net'];
  return {
    address,
    async plug(guest, port, bridge, device, guestAddress) {
      // Only the network namespace is entered: `netns PID` is looked up among the pids that this machine sees.
      const link = ['ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', device, 'netns', String(guest.pid)];
      await runOk([...inHub, ...link]);
      await runOk([...inHub, 'ip', 'link', 'set', port, 'master', bridge, 'up']);
      const setUp = `ip address add ${guestAddress}/24 dev ${device} && ip link set ${device} up`;
      await guest.execOk(['bash', '-c', setUp]);
    },
    async setPort(port, up) {
      await runOk([...inHub, 'ip', 'link', 'set', port, up ? 'up' : 'down']);
    },
    close: () => namespace.close(),
  };
}

const ip = (args: readonly string[]) => runOk(['ip', ...args]);
