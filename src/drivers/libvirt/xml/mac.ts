import type { MacAddress } from '../../../model/brands.ts';

const writtenByLibvirt = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
/** libvirt takes a byte of one digit, too, and prints it with two. */
const readByLibvirt = /^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/;

/** An address as libvirt reads and prints it; `null` for anything else. What else people may write is read by src/net. */
export function macFromXml(address: string | null): MacAddress | null {
  const lower = address?.trim().toLowerCase() ?? '';
  // The casts hold: this is exactly the canonical form that the brand stands for.
  if (writtenByLibvirt.test(lower)) return lower as MacAddress;
  if (!readByLibvirt.test(lower)) return null;
  const bytes = lower.split(':').map((byte) => byte.padStart(2, '0'));
  return bytes.join(':') as MacAddress;
}
