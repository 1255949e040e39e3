import { VirtgraphError } from '../errors.ts';
import type { MacAddress } from '../model/brands.ts';
import { macFromBytes } from './mac.ts';
import { isValidGuestMac, judgeGuestMac } from './mac-rules.ts';
import { deriveTapMac } from './tap.ts';

/** The one that QEMU and libvirt use for guests; locally administered. */
const exampleOui = '52:54:00';

/** In a space that is nearly empty the first few tries always succeed. */
const randomTries = 64;
/** In one that is nearly full we look at so many in turn: all of them where the prefix leaves two bytes or less. */
const scanTries = 65_536;

export type MacAllocation = {
  readonly mac: MacAddress;
  /** Set when the prefix that was asked for is a vendor's. */
  readonly note: string | null;
};

/**
 * An address for a new guest NIC: random in `oui`, valid, and neither it nor its tap address taken.
 * Reserving it before the next call is the caller's business.
 *
 * @param oui three bytes, or up to five to stay within a smaller range
 * @param isTaken whether a guest *or a tap* has this address, or it is reserved
 * @param randomBytes as `crypto.randomBytes`
 * @throws BAD_USER_INPUT when `oui` is no prefix for guests, RESOURCE_EXHAUSTED when nothing free was found
 */
export function allocateMac(
  oui: string,
  isTaken: (mac: MacAddress) => boolean,
  randomBytes: (count: number) => Uint8Array,
): MacAllocation {
  const prefix = parseOui(oui);
  const tailBytes = 6 - prefix.length;
  const isFree = (mac: MacAddress) => isValidGuestMac(mac) && !isTaken(mac) && !isTaken(deriveTapMac(mac));

  for (let tries = 0; tries < randomTries; tries++) {
    const mac = macFromBytes([...prefix, ...randomBytes(tailBytes)]);
    if (isFree(mac)) return allocation(mac);
  }

  const space = 256 ** tailBytes;
  const start = numberOf(randomBytes(tailBytes));
  const tries = Math.min(space, scanTries);
  for (let step = 0; step < tries; step++) {
    const mac = macFromBytes([...prefix, ...bytesOf((start + step) % space, tailBytes)]);
    if (isFree(mac)) return allocation(mac);
  }
  throw new VirtgraphError(
    'RESOURCE_EXHAUSTED',
    `No free MAC address was found in ${oui} after ${randomTries + tries} tries.`,
    { retryable: false, remedy: 'Choose another prefix.' },
  );
}

function allocation(mac: MacAddress): MacAllocation {
  return { mac, note: judgeGuestMac(mac)[0]?.message ?? null };
}

/** The bytes of a prefix that guests may have addresses in. */
function parseOui(text: string): readonly number[] {
  const match = /^[0-9a-f]{2}(?:[:-]?[0-9a-f]{2}){2,4}$/i.exec(text.trim());
  if (!match) {
    throw new VirtgraphError(
      'BAD_USER_INPUT',
      `Expected the first three to five bytes of a MAC address, such as ${exampleOui}, saw ${JSON.stringify(text.slice(0, 40))}.`,
    );
  }
  const bytes = (match[0].match(/[0-9a-f]{2}/gi) ?? []).map((byte) => Number.parseInt(byte, 16));
  if (((bytes[0] ?? 0) & 1) !== 0) {
    throw new VirtgraphError(
      'BAD_USER_INPUT',
      `${text} is a prefix of multicast addresses, which guests cannot have.`,
      {
        remedy: `Use a prefix whose first byte is even, such as ${exampleOui}.`,
      },
    );
  }
  return bytes;
}

function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function bytesOf(value: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => Math.floor(value / 256 ** (count - 1 - index)) % 256);
}
