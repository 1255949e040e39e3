import { inParallel } from '../lab/in-parallel.ts';
import { readPairs, readTable, readYes } from '../lab/virsh-output.ts';
import { post } from './client.ts';
import { type EverythingAnswer, everythingQuery, objectsOf, type SeenObject } from './messages.ts';
import type { ChaosHost } from './world.ts';

/** An object as both sides can tell of it: each fact a text, so that a difference can be shown. */
export type PlainObject = {
  readonly kind: 'Domain' | 'Network';
  readonly host: string;
  readonly uuid: string;
  readonly facts: Readonly<Record<string, string>>;
};

/** By kind, host and UUID. */
export type View = ReadonlyMap<string, PlainObject>;

const stateNames: Readonly<Record<string, string>> = {
  running: 'RUNNING',
  idle: 'RUNNING',
  paused: 'PAUSED',
  'in shutdown': 'SHUTDOWN',
  'shut off': 'SHUTOFF',
  crashed: 'CRASHED',
};

/** What virsh on every host says. Rejects while one of them cannot say it, or changes its mind meanwhile. */
export async function readTruth(hosts: readonly ChaosHost[]): Promise<View> {
  const objects = await Promise.all(hosts.map((host) => readHost(host)));
  return viewOf(objects.flat());
}

async function readHost(host: ChaosHost): Promise<PlainObject[]> {
  const { libvirt, name } = host;
  const uuids = (await libvirt.virsh('list', '--all', '--uuid')).split(/\s+/).filter((uuid) => uuid !== '');
  const domains = await inParallel(uuids, 2, async (uuid): Promise<PlainObject> => {
    const said = await libvirt.virsh(`dominfo ${uuid}; dumpxml ${uuid}`);
    const pairs = readPairs(said.slice(0, said.indexOf('<domain')));
    const xml = said.slice(said.indexOf('<domain'));
    const macs = [...xml.matchAll(/<mac address='([^']+)'/g)].map(([, address = '']) => address);
    return domainOf(name, uuid, {
      name: pairs['Name'] ?? '',
      title: /<title>([^<]*)<\/title>/.exec(xml)?.[1] ?? null,
      state: stateNames[pairs['State'] ?? ''] ?? `unknown: ${pairs['State']}`,
      persistent: readYes(pairs['Persistent']),
      autostart: readYes(pairs['Autostart']),
      macs,
    });
  });
  const rows = readTable(await libvirt.virsh('net-list', '--all'));
  const networks = await inParallel(rows, 2, async (row): Promise<PlainObject> => {
    const uuid = (await libvirt.virsh('net-uuid', row['Name'] ?? '')).trim();
    const isActive = row['State'] === 'active';
    return networkOf(name, uuid, {
      name: row['Name'] ?? '',
      active: isActive,
      persistent: row['Persistent'] === 'yes',
    });
  });
  return [...domains, ...networks];
}

/** What the gateway answers to somebody who asks for everything. */
export async function readGateway(at: {
  readonly url: string;
  readonly token: string;
}): Promise<readonly SeenObject[]> {
  const answer = await post<EverythingAnswer>(at, everythingQuery);
  if ('code' in answer) throw new Error(`the gateway answers with ${answer.code}`);
  return objectsOf(answer.data);
}

/** Domains and networks of what a client holds or the gateway answered; of one host, if it is given. */
export function plainView(objects: Iterable<SeenObject>, host: string | null = null): View {
  const plain: PlainObject[] = [];
  for (const object of objects) {
    if (object.__typename === 'Domain') {
      const { name, title, state, persistent, autostart, interfaces } = object;
      const macs = interfaces.map(({ macAddress }) => macAddress);
      plain.push(domainOf(object.host.name, object.uuid, { name, title, state, persistent, autostart, macs }));
    } else if (object.__typename === 'Network') {
      const { name, active, persistent } = object;
      plain.push(networkOf(object.host.name, object.uuid, { name, active, persistent }));
    }
  }
  return viewOf(host === null ? plain : plain.filter((object) => object.host === host));
}

function domainOf(
  host: string,
  uuid: string,
  facts: {
    readonly name: string;
    readonly title: string | null;
    readonly state: string;
    readonly persistent: boolean;
    readonly autostart: boolean | null;
    readonly macs: readonly string[];
  },
): PlainObject {
  const { name, title, state, persistent, autostart, macs } = facts;
  const texts = {
    name,
    title: title ?? '',
    state,
    persistent: String(persistent),
    // A transient guest starts with nothing, whatever libvirt prints for it.
    autostart: String(autostart ?? false),
    macs: macs.toSorted().join(' '),
  };
  return { kind: 'Domain', host, uuid, facts: texts };
}

function networkOf(
  host: string,
  uuid: string,
  { name, active, persistent }: { readonly name: string; readonly active: boolean; readonly persistent: boolean },
): PlainObject {
  return { kind: 'Network', host, uuid, facts: { name, active: String(active), persistent: String(persistent) } };
}

function viewOf(objects: readonly PlainObject[]): View {
  return new Map(objects.map((object) => [`${object.kind} ${object.host} ${object.uuid}`, object]));
}

/**
 * libvirt tells nobody when a guest that does not run gets another device, or when a guest is to start with its host:
 * these are seen with the next event of the guest, or when everything is read again.
 */
export function withoutUntold(view: View): View {
  const told = [...view].map(([key, object]): [string, PlainObject] => {
    const { autostart: _, macs, ...facts } = object.facts;
    const isRunning = facts['state'] !== undefined && facts['state'] !== 'SHUTOFF';
    return [key, { ...object, facts: isRunning && macs !== undefined ? { ...facts, macs } : facts }];
  });
  return new Map(told);
}

export type Difference = { readonly object: PlainObject; readonly text: string };

/** Where two views differ, in words. */
export function differences(wanted: View, seen: View): Difference[] {
  const found: Difference[] = [];
  for (const [key, object] of wanted) {
    const other = seen.get(key);
    if (other === undefined) {
      found.push({ object, text: `${key} is missing` });
      continue;
    }
    for (const [name, value] of Object.entries(object.facts)) {
      const theirs = other.facts[name];
      if (theirs !== value) found.push({ object, text: `${key}: ${name} is "${value}", seen as "${theirs}"` });
    }
  }
  for (const [key, object] of seen) if (!wanted.has(key)) found.push({ object, text: `${key} is not there any more` });
  return found;
}
