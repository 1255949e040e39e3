import { VirtgraphError } from '../../../errors.ts';
import { attr, trimmedText } from './navigate.ts';
import type { XmlElement } from './tree.ts';

const powers = ['b', 'k', 'm', 'g', 't', 'p', 'e'];

/**
 * Bytes of an element such as `<memory unit='MiB'>512</memory>`; `null` for no element, or an empty one.
 * @throws VirtgraphError BAD_USER_INPUT for a number or a unit that is none.
 */
export function sizeInBytes(element: XmlElement | null, defaultUnit: 'KiB' | 'bytes'): number | null {
  const digits = trimmedText(element);
  if (element === null || digits === null) return null;
  return scaledBytes(digits, attr(element, 'unit')?.trim() || defaultUnit, `<${element.name}>`);
}

/**
 * libvirt's rule (formatdomain, "Memory Allocation"): `KiB`, `K` and `k` are 1024, `KB` is 1000, likewise M, G, T, P, E;
 * `b` and `bytes` are one; upper and lower case are the same. What is beyond 2^53−1 (hosts say "unlimited" so)
 * is given as 2^53−1. `where` is for the message.
 * @throws VirtgraphError BAD_USER_INPUT for a number or a unit that is none.
 */
export function scaledBytes(digits: string, unit: string, where: string): number {
  const factor = unitFactor(unit);
  if (!/^\d+$/.test(digits) || factor === null) {
    const seen = JSON.stringify(`${digits} ${unit}`);
    throw new VirtgraphError(
      'BAD_USER_INPUT',
      `${where} says ${seen}: expected a whole number and a unit such as KiB, MB or bytes.`,
    );
  }
  return Math.min(Number(digits) * factor, Number.MAX_SAFE_INTEGER);
}

function unitFactor(unit: string): number | null {
  const lower = unit.toLowerCase();
  if (lower === 'b' || lower === 'byte' || lower === 'bytes') return 1;
  const power = powers.indexOf(lower.charAt(0));
  if (power < 1) return null;
  const rest = lower.slice(1);
  if (rest === '' || rest === 'ib') return 1024 ** power;
  return rest === 'b' ? 1000 ** power : null;
}
