import { type HostMacVerdict, reportMac } from '../net/report.ts';
import { hostOf, requireDomainAt, requireHost } from './lookup.ts';
import type { MacHostVerdictResolvers, MacOwnerResolvers, QueryResolvers } from './schema.gen.ts';

export const macQueries = {
  macAddress(_root, { address, host }, context) {
    const { fleet } = context;
    const hosts = typeof host === 'string' ? [requireHost(context, host)] : fleet.hosts();
    const known = hosts.map(({ name, facts }) => ({ name, libvirtVersion: facts?.libvirtVersion ?? null }));
    const report = reportMac(address, known);
    return {
      ...report,
      macAddress: report.canonical,
      tapMacAddress: report.tapMac,
      findings: report.canonical === null ? [notAnAddress(report.reason)] : report.findings,
      hostVerdicts: report.verdicts.map(toHostVerdict),
      owners: report.canonical === null ? [] : fleet.macs.owners(report.canonical),
      free: report.valid && report.canonical !== null && fleet.macs.isFree(report.canonical),
    };
  },
  macConflicts: (_root, { host }, context) =>
    context.fleet.macs.conflicts(typeof host === 'string' ? requireHost(context, host).name : null),
  newMacAddress: (_root, { oui }, { fleet }) => fleet.macs.propose(oui ?? '52:54:00'),
} satisfies QueryResolvers;

function notAnAddress(reason: string | null) {
  return { rule: 'NOT_A_MAC_ADDRESS', severity: 'ERROR', message: reason ?? 'This is not a MAC address.' } as const;
}

function toHostVerdict({ host, verdict, message }: HostMacVerdict) {
  return { hostName: host, accepted: verdict !== 'REFUSED', reason: verdict === 'ACCEPTED' ? null : message };
}

export const macAddress = {
  MacHostVerdict: {
    host: (owner, _args, context) => hostOf(context, owner),
  } satisfies MacHostVerdictResolvers,

  MacOwner: {
    domain: ({ hostName, domainUuid }, _args, context) => requireDomainAt(context, hostName, domainUuid),
  } satisfies MacOwnerResolvers,
};
