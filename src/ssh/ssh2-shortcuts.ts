import { createSecretKey } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { ownBytes } from './host-key.ts';

// What the SSH library does once for every packet or keeps for every connection, and need not. Measured with Node 24; see the row `storm` of the bench.

/**
 * Sends what is written in one turn at once. The library writes each packet in three pieces, its length, its body and its
 * tag, and each piece was a call of the system: more than a third of the CPU of a connection.
 */
export function gatherWrites(stream: Duplex): void {
  const write = stream.write.bind(stream);
  let isGathering = false;
  const sendAll = () => {
    isGathering = false;
    stream.uncork();
  };
  // Its overloads are those of the function that is called with the same arguments.
  stream.write = ((...args: Parameters<typeof write>) => {
    if (!isGathering) {
      isGathering = true;
      stream.cork();
      process.nextTick(sendAll);
    }
    return write(...args);
  }) as typeof write;
}

const keyNames = [
  '_encKey',
  '_encKeyMain',
  '_encKeyPktLen',
  '_decipherKey',
  '_decKeyMain',
  '_decKeyPktLen',
  '_macKey',
] as const;

type Keys = Partial<Record<(typeof keyNames)[number], unknown>>;

/**
 * Hands the library's ciphers their keys as objects. Of bytes Node makes such an object for every packet, and to see that
 * they are none yet takes it an exception with its stack: 15 µs of a packet's 20. To be called after each key exchange.
 *
 * These properties are the library's own affair: where it has others one day, nothing happens here.
 */
export function prepareKeys(client: object): void {
  const { _protocol: protocol } = client as {
    readonly _protocol?: { readonly _cipher?: Keys; readonly _decipher?: Keys };
  };
  for (const keys of [protocol?._cipher, protocol?._decipher]) {
    if (!keys) continue;
    for (const name of keyNames) {
      const key = keys[name];
      if (Buffer.isBuffer(key)) keys[name] = createSecretKey(key);
    }
  }
}

/**
 * Runs `work` so that the small buffers it makes have memory of their own. Node cuts such buffers out of blocks of 64 kB,
 * and each keeps its whole block: what a connection needs for its life would keep what its handshake needed for a moment.
 */
export function withoutPool<T>(work: () => T): T {
  const { poolSize } = Buffer;
  Buffer.poolSize = 0;
  try {
    return work();
  } finally {
    Buffer.poolSize = poolSize;
  }
}

type Bag = Record<string, unknown>;

/** What is offered is a list of lists, and the same for all hosts but for the order of the types of host keys. */
const offers = new Map<string, unknown>();
const maxOffers = 32;

/**
 * After a handshake: lets go of what it was made with, the shared secret and the key pair among it, and moves what the
 * connection still needs out of such blocks. As above, of properties that the library may not have one day.
 */
export function releaseHandshake(client: object): void {
  const { _protocol: protocol } = client as { readonly _protocol?: Bag };
  if (protocol === undefined) return;
  const [cipher, decipher, exchange] = [bag(protocol['_cipher']), bag(protocol['_decipher']), bag(protocol['_kex'])];
  if (exchange?.['_finished'] === true) {
    if ('_keys' in exchange) exchange['_keys'] = null;
    // A function of its own, which holds all that keys were derived from; that of the class does nothing more. To delete it
    // would make a dictionary of the object, of 1.5 kB.
    if (Object.hasOwn(exchange, 'finish')) exchange['finish'] = bag(Object.getPrototypeOf(exchange))?.['finish'];
  }
  shareOffer(protocol);
  for (const part of [protocol, cipher, decipher, exchange]) if (part) leaveBlocks(part);
}

function bag(value: unknown): Bag | null {
  // An object, whose properties are read only by their names.
  return typeof value === 'object' && value !== null ? (value as Bag) : null;
}

function shareOffer(protocol: Bag): void {
  const lists = bag(bag(protocol['_offer'])?.['lists']);
  const all = lists?.['all'];
  if (!Buffer.isBuffer(all)) return;
  const text = all.toString('latin1');
  const known = offers.get(text);
  if (known !== undefined) protocol['_offer'] = known;
  else if (offers.size < maxOffers) offers.set(text, protocol['_offer']);
}

function leaveBlocks(part: Bag): void {
  for (const name of Object.keys(part)) {
    const value = part[name];
    if (Buffer.isBuffer(value) && value.buffer.byteLength > value.length) part[name] = ownBytes(value);
  }
}
