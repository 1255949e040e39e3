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

type Parts = {
  readonly _protocol?: Readonly<Record<'_cipher' | '_decipher' | '_kex', Record<string, unknown> | undefined>>;
};

/**
 * After a handshake: moves what the library keeps of it out of such blocks, and lets go of the key pair that the exchange
 * was made with. 25 of a connection's kilobytes. As above, of properties that it may not have one day.
 */
export function releaseHandshake(client: object): void {
  const { _protocol: protocol } = client as Parts;
  if (protocol?._kex && '_keys' in protocol._kex) protocol._kex['_keys'] = null;
  for (const part of [protocol, protocol?._cipher, protocol?._decipher, protocol?._kex]) {
    for (const [name, value] of Object.entries(part ?? {})) {
      if (Buffer.isBuffer(value) && value.buffer.byteLength > value.length)
        Object.assign(part ?? {}, { [name]: ownBytes(value) });
    }
  }
}
