import type { DomainInterfaceResolvers } from './schema.gen.ts';

export const domainInterface = {
  DomainInterface: {
    macAddress: ({ nic }) => nic.macAddress,
    type: ({ nic }) => nic.type,
    source: ({ nic }) => nic.source,
    model: ({ nic }) => nic.model,
    linkUp: ({ nic }) => nic.linkUp,
    target: ({ nic }) => nic.target,
    tapMacAddress: ({ domain, nic }, _args, { fleet }) => fleet.macs.tap(domain, nic).tapMac,
    tapNote: ({ domain, nic }, _args, { fleet }) => fleet.macs.tap(domain, nic).note,

    async observedTapMacAddress({ domain, nic }, _args, { fleet, loaders }) {
      if (nic.target === null || !fleet.host(domain.hostName)?.capabilities?.nodeDevices) return null;
      const devices = await loaders.nodeDevices.load({ hostName: domain.hostName, capability: 'net' });
      return devices.find((device) => device.netInterface === nic.target)?.netAddress ?? null;
    },

    async addresses({ domain, nic }, { source: asked }, { loaders }) {
      // libvirt refuses to look at a guest that is off, once for each card of each such guest of the answer.
      if (domain.libvirtId === null) return null;
      const source = asked ?? 'LEASE';
      const found = await loaders.addresses.load({ hostName: domain.hostName, uuid: domain.uuid, source });
      const own = found.filter((device) => device.macAddress?.toLowerCase() === nic.macAddress);
      return own.flatMap((device) => device.addresses.map((address) => ({ ...address, source })));
    },
  } satisfies DomainInterfaceResolvers,
};
