import { asOf } from './domain.ts';
import { requireHost } from './lookup.ts';
import type { NetworkResolvers } from './schema.gen.ts';

export const network = {
  Network: {
    id: (network, _args, { ids }) => ids.encodeObject(network),
    host: (network, _args, context) => requireHost(context, network.hostName),
    asOf: (network, _args, context) => asOf(requireHost(context, network.hostName)),
    stale: (network, _args, context) => requireHost(context, network.hostName).stale,
  } satisfies NetworkResolvers,
};
