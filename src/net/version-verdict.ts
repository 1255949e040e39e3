import type { MacAddress } from '../model/brands.ts';

export const guestMacVerdicts = ['ACCEPTED', 'REFUSED', 'UNKNOWN'] as const;

/** What a host's libvirt does with a guest NIC that has this address and needs a tap device. */
export type GuestMacVerdict = {
  readonly verdict: (typeof guestMacVerdicts)[number];
  readonly message: string;
};

/**
 * From here on a guest with 0xFE first gets a tap with 0xFA. Before, since 2012, its start was refused.
 * The change was posted to libvirt's list on 12 August 2019, between 5.6.0 (5 August) and 5.7.0 (3 September);
 * the release notes do not name it. A distribution may have it in an older version.
 */
const firstWithSecondTapByte = [5, 7, 0] as const;

/** @param libvirtVersion `major.minor.release` of the host's libvirt; `null` when the host would not say */
export function guestMacVerdict(mac: MacAddress, libvirtVersion: string | null): GuestMacVerdict {
  if (!mac.startsWith('fe:'))
    return { verdict: 'ACCEPTED', message: 'Every version of libvirt takes this first byte.' };
  const version = libvirtVersion === null ? null : parseVersion(libvirtVersion);
  if (version === null) {
    return {
      verdict: 'UNKNOWN',
      message:
        'The version of libvirt is not known; before 5.7.0 it refuses to start a guest whose address begins with fe.',
    };
  }
  return isAtLeast(version, firstWithSecondTapByte)
    ? { verdict: 'ACCEPTED', message: `libvirt ${libvirtVersion} gives its tap device an address that begins with fa.` }
    : {
        verdict: 'REFUSED',
        message: `libvirt ${libvirtVersion} refuses to start a guest whose address begins with fe; 5.7.0 is the first that does not.`,
      };
}

function parseVersion(text: string): readonly number[] | null {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? match.slice(1).map((part) => Number(part ?? '0')) : null;
}

function isAtLeast(version: readonly number[], wanted: readonly number[]): boolean {
  for (const [index, part] of wanted.entries()) {
    const difference = (version[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
