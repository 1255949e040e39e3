import type { MacAddress } from '../model/brands.ts';
import { isLocallyAdministered, isMulticast, notAMacAddress, tryParseMac } from './mac.ts';
import { judgeGuestMac, type MacFinding } from './mac-rules.ts';
import { deriveTapMac } from './tap.ts';
import { type GuestMacVerdict, guestMacVerdict } from './version-verdict.ts';

export type HostMacVerdict = GuestMacVerdict & { readonly host: string };

/** What an address would mean for a guest NIC, as far as that can be told without looking at the fleet. */
export type MacReport = {
  /** As it was asked. */
  readonly input: string;
  /** A guest may have it. */
  readonly valid: boolean;
  /** `null`: not a MAC address at all. */
  readonly canonical: MacAddress | null;
  /** Why it is not valid, as one sentence; `null` when it is. */
  readonly reason: string | null;
  readonly unicast: boolean | null;
  readonly locallyAdministered: boolean | null;
  readonly findings: readonly MacFinding[];
  /** The address that its tap device would get; `null` when a guest cannot have it. */
  readonly tapMac: MacAddress | null;
  readonly verdicts: readonly HostMacVerdict[];
};

/** Takes any text: what is no address is a report too. For an address, a verdict is given for each of `hosts`. */
export function reportMac(
  input: string,
  hosts: readonly { readonly name: string; readonly libvirtVersion: string | null }[],
): MacReport {
  const canonical = tryParseMac(input);
  if (canonical === null) {
    return {
      input,
      valid: false,
      canonical,
      reason: notAMacAddress(input),
      unicast: null,
      locallyAdministered: null,
      findings: [],
      tapMac: null,
      verdicts: [],
    };
  }
  const findings = judgeGuestMac(canonical);
  const error = findings.find((finding) => finding.severity === 'ERROR') ?? null;
  const valid = error === null;
  return {
    input,
    valid,
    canonical,
    reason: error?.message ?? null,
    unicast: !isMulticast(canonical),
    locallyAdministered: isLocallyAdministered(canonical),
    findings,
    tapMac: valid ? deriveTapMac(canonical) : null,
    verdicts: hosts.map((host) => ({
      host: host.name,
      ...(error ? { verdict: 'REFUSED', message: error.message } : guestMacVerdict(canonical, host.libvirtVersion)),
    })),
  };
}
