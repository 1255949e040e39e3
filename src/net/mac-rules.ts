import type { MacAddress } from '../model/brands.ts';
import { isLocallyAdministered, isMulticast } from './mac.ts';

export const macRuleNames = ['BROADCAST', 'MULTICAST', 'ALL_ZERO', 'UNIVERSALLY_ADMINISTERED'] as const;
export type MacRuleName = (typeof macRuleNames)[number];

/** An `ERROR` makes the address useless for a guest; a `NOTE` is worth knowing. */
export type MacFindingSeverity = 'ERROR' | 'NOTE';

export type MacFinding = {
  readonly rule: MacRuleName;
  readonly severity: MacFindingSeverity;
  readonly message: string;
};

type MacRule = {
  readonly severity: MacFindingSeverity;
  /** The sentence, or `null` when the rule has nothing to say. Each address breaks one rule at most. */
  readonly judge: (mac: MacAddress) => string | null;
};

const allZero = '00:00:00:00:00:00';
const broadcast = 'ff:ff:ff:ff:ff:ff';

const rules: Record<MacRuleName, MacRule> = {
  BROADCAST: {
    severity: 'ERROR',
    judge: (mac) =>
      mac === broadcast ? `${mac} is the broadcast address; a guest needs an address of its own.` : null,
  },
  // libvirt refuses these when it parses the XML (VIR_ERR_XML_ERROR), before anything is started.
  MULTICAST: {
    severity: 'ERROR',
    judge: (mac) =>
      isMulticast(mac) && mac !== broadcast
        ? `${mac} is a multicast address (lowest bit of the first byte is 1); libvirt refuses it, and no switch would learn it.`
        : null,
  },
  // libvirt lets it through, and QEMU takes it as "not given": the guest then has an address nobody else knows of.
  ALL_ZERO: {
    severity: 'ERROR',
    judge: (mac) =>
      mac === allZero ? `${mac} means "no address"; QEMU would give the guest another one instead.` : null,
  },
  UNIVERSALLY_ADMINISTERED: {
    severity: 'NOTE',
    judge: (mac) =>
      !isMulticast(mac) && !isLocallyAdministered(mac) && mac !== allZero
        ? `${mac} is universally administered (second lowest bit of the first byte is 0): a vendor may have given it to a real device.`
        : null,
  },
};

/** Everything there is to say about `mac` as the address of a guest's NIC, in the order of the rules. */
export function judgeGuestMac(mac: MacAddress): readonly MacFinding[] {
  return macRuleNames.flatMap((rule) => {
    const message = rules[rule].judge(mac);
    return message === null ? [] : [{ rule, severity: rules[rule].severity, message }];
  });
}

/** Whether a guest may have it: no rule calls it an error. */
export function isValidGuestMac(mac: MacAddress): boolean {
  return judgeGuestMac(mac).every((finding) => finding.severity !== 'ERROR');
}
