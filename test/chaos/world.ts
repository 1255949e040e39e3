import { join } from 'node:path';
import type { Random } from '../../src/drivers/libvirt/sim/random.ts';
import { hostEntry } from '../lab/gateway.ts';
import { addKnownServer } from '../lab/keys.ts';
import { type Lab, openLab } from '../lab/lab.ts';
import type { LibvirtHost } from '../lab/libvirt-host.ts';
import { type ChaosProxy, openChaosProxy } from '../support/chaos-proxy.ts';
import { type MortalGateway, openMortalGateway } from './gateway-process.ts';
import type { RunRecord } from './record.ts';

/** A host, and the way by which the gateway alone reaches it. */
export type ChaosHost = { readonly name: string; readonly libvirt: LibvirtHost; readonly way: ChaosProxy };

/** What a run plays with: real hosts, a real gateway, and bad ways between them. */
export type ChaosWorld = {
  readonly lab: Lab;
  readonly hosts: readonly ChaosHost[];
  readonly gateway: MortalGateway;
  /** Between the clients and the gateway. */
  readonly front: ChaosProxy;
  /** Of its own, for the one client that reads slowly. */
  readonly slowFront: ChaosProxy;
  /** `http://…/graphql` through a proxy. */
  urlThrough(proxy: ChaosProxy): string;
  /** Past every proxy. */
  readonly directUrl: string;
  close(): Promise<void>;
};

export type WorldOptions = {
  readonly hosts: number;
  readonly gatewayLogPath: string;
  readonly random: Random;
  readonly record: RunRecord;
};

/**
 * Bounds so small that a run meets them: a client that stays away comes back to an expired cursor, and one that reads
 * slowly is told that it lags. The periodic reconcile never comes: it would make good what an event should have told.
 * Silence of a host is noticed in eight seconds rather than thirty.
 */
const config = {
  limits: { journalEntries: 400, subscriberQueue: 32, queryAliases: 300 },
  timing: { reconcileSeconds: 86_400 },
};
const keepalive = { keepalive_interval: '2', keepalive_count: '3' };

export async function openWorld({ hosts: count, gatewayLogPath, random, record }: WorldOptions): Promise<ChaosWorld> {
  const opened: { close(): Promise<unknown> }[] = [];
  const close = async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  try {
    const lab = keep(await openLab({ hosts: count, hostKeyTypes: ['ed25519'], purpose: 'chaos' }));
    const hosts: ChaosHost[] = [];
    for (const libvirt of lab.hosts) {
      const target = { host: libvirt.address, port: libvirt.sshPort };
      const way = keep(await openChaosProxy({ target, random: () => random.next() }));
      addKnownServer(lab.knownHosts.right, {
        names: [`[127.0.0.1]:${portOf(way)}`],
        hostKeys: libvirt.hostKeys.slice(0, 1),
      });
      hosts.push({ name: libvirt.name, libvirt, way });
    }
    const entries = hosts.map(({ libvirt, way }) =>
      hostEntry(lab, { ...libvirt, address: '127.0.0.1' }, { port: portOf(way), params: keepalive }),
    );
    const folder = join(lab.folder, 'chaos');
    const gateway = keep(
      await openMortalGateway({ folder, logPath: gatewayLogPath, config: { ...config, hosts: entries }, record }),
    );
    const target = { host: '127.0.0.1', port: gateway.port };
    const front = keep(await openChaosProxy({ target, random: () => random.next() }));
    const slowFront = keep(await openChaosProxy({ target, random: () => random.next() }));
    const urlThrough = (proxy: ChaosProxy) => `http://127.0.0.1:${portOf(proxy)}/graphql`;
    const directUrl = `http://127.0.0.1:${gateway.port}/graphql`;
    return { lab, hosts, gateway, front, slowFront, urlThrough, directUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function portOf({ address }: ChaosProxy): number {
  if ('path' in address) throw new Error('not a TCP port');
  return address.port;
}
