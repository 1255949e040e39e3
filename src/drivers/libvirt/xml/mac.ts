import type { MacAddress } from '../../../model/brands.ts';

const writtenByLibvirt = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** An address as a daemon prints it; `null` for anything else. What people may write is read by src/net. */
export function macFromXml(address: string | null): MacAddress | null {
  const lower = address?.trim().toLowerCase() ?? '';
  // The cast holds: this is exactly the canonical form that the brand stands for.
  return writtenByLibvirt.test(lower) ? (lower as MacAddress) : null;
}
