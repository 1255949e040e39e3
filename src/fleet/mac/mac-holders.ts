import type { MacAddress } from '../../model/brands.ts';
import type { NicRecord } from '../../net/conflicts.ts';

/** Which cards have an address. Nearly always it is one: only for more there is a set, which takes 150 bytes. */
export class MacHolders {
  readonly #holders = new Map<MacAddress, NicRecord | Set<NicRecord>>();

  has(mac: MacAddress): boolean {
    return this.#holders.has(mac);
  }

  of(mac: MacAddress): readonly NicRecord[] {
    const held = this.#holders.get(mac);
    if (held === undefined) return [];
    return held instanceof Set ? [...held] : [held];
  }

  add(mac: MacAddress, nic: NicRecord): void {
    const held = this.#holders.get(mac);
    if (held instanceof Set) held.add(nic);
    else this.#holders.set(mac, held === undefined || held === nic ? nic : new Set([held, nic]));
  }

  remove(mac: MacAddress, nic: NicRecord): void {
    const held = this.#holders.get(mac);
    if (held === nic) this.#holders.delete(mac);
    if (!(held instanceof Set) || !held.delete(nic)) return;
    const [last] = held;
    if (held.size === 1 && last) this.#holders.set(mac, last);
  }
}
