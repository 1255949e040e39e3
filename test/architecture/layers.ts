import { dirname } from 'node:path';
import type { Import } from './imports.ts';

/**
 * The rooms of src/ and whom each may import besides itself and the leaves. A file that stands in src/ itself is a room
 * of its own. What is not listed here is a mistake: a new room says first where it stands.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  main: ['commands', 'cli'],
  // What main.ts calls by name: they put the layers together.
  commands: ['server', 'resolvers', 'fleet', 'drivers', 'store', 'ssh', 'net'],
  server: ['resolvers', 'fleet', 'net'],
  resolvers: ['fleet', 'net'],
  fleet: ['drivers', 'cluster', 'store', 'net'],
  cluster: [],
  store: [],
  drivers: ['ssh', 'net'],
  ssh: [],
  net: [],
  // Clients: they speak GraphQL.
  cli: [],
  web: [],
};

/**
 * Rooms that have rooms: each of these may import those after it, and what stands beside them, which is for all of them;
 * but for the one file that puts them together.
 */
export const innerRooms: Readonly<Record<string, { readonly rooms: readonly string[]; readonly top: string }>> = {
  'src/server': { rooms: ['subscriptions', 'cohorts', 'execution', 'metrics', 'ide'], top: 'open-server.ts' },
  'src/fleet': { rooms: ['actions', 'tasks', 'stats', 'journal', 'hosts', 'replica', 'mac'], top: 'fleet.ts' },
  'src/drivers/libvirt': { rooms: ['sim', 'stats', 'guests', 'transport', 'xml', 'rpc'], top: 'driver.ts' },
  'src/ssh': { rooms: ['route', 'known-hosts'], top: 'connection.ts' },
};

/** They import each other and nothing else of ours. */
export const leaves = ['model', 'errors', 'log', 'channel', 'backoff', 'clock', 'in-turn', 'private-dir', 'config'];

/** These would rather be given what they need; not even leaves that do I/O. */
const pureLayers = ['net'];
const pureLeaves = ['model', 'errors'];

/** They speak GraphQL from outside, as anybody else, so they share no code with the gateway. */
const clients = ['cli', 'web'];

/** Modules of Node that do no I/O and keep no time. */
const pureNodeModules = ['node:buffer', 'node:util', 'node:net'];

/** Every import that goes where it must not, in words. */
export function layerViolations(imports: readonly Import[]): string[] {
  return imports.flatMap((each) => {
    const complaint = judge(each);
    return complaint === null ? [] : [`${each.file} imports ${each.target}: ${complaint}`];
  });
}

function judge({ file, target, isPackage }: Import): string | null {
  const from = roomOf(file);
  if (!(from in layers) && !leaves.includes(from)) return `${from} is no room of the plan`;
  if (isPackage) {
    const mustBePure = pureLayers.includes(from) && target.startsWith('node:') && !pureNodeModules.includes(target);
    return mustBePure ? `${from} does no I/O` : null;
  }
  const to = roomOf(target);
  if (from === to) return judgeWithin(file, target);
  if (clients.includes(from)) return `${from} imports no layer`;
  if (leaves.includes(from)) return leaves.includes(to) ? null : `${from} is a leaf and imports no folder`;
  if (pureLayers.includes(from))
    return pureLeaves.includes(to) ? null : `${from} imports ${pureLeaves.join(' and ')} only`;
  if (leaves.includes(to) || layers[from]?.includes(to)) return null;
  return to in layers ? `${from} must not import ${to}` : `${to} is no room of the plan`;
}

function judgeWithin(file: string, target: string): string | null {
  const isOf = (house: string) => [file, target].every((path) => path.startsWith(`${house}/`));
  const found = Object.entries(innerRooms).find(([house]) => isOf(house));
  if (!found) return null;
  const [house, { rooms, top }] = found;
  const roomIn = (path: string) => dirname(path.slice(house.length + 1));
  const [from, to] = [roomIn(file), roomIn(target)];
  if (from === to || from === '.') return null;
  const name = house.slice('src/'.length);
  if (!rooms.includes(from)) return `${name}/${from} is no room of the plan`;
  if (to === '.') return target === `${house}/${top}` ? `${top} is for the layers above` : null;
  return rooms.indexOf(to) > rooms.indexOf(from) ? null : `${name}/${from} must not import ${name}/${to}`;
}

/** `src/fleet/journal/journal.ts` is in fleet, `src/errors.ts` is errors, and what is outside of src is named by its path. */
function roomOf(path: string): string {
  const [top, room = path] = path.split('/');
  return top === 'src' ? room.replace(/\.ts$/, '') : path;
}
