import { createSecretKey } from 'node:crypto';
import type { Duplex } from 'node:stream';

// What the SSH library does once for every packet, and need not. Measured with Node 24; see the row `storm` of the bench.

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
