import { asOf } from './domain.ts';
import { hostOf } from './lookup.ts';
import type { NetworkResolvers } from './schema.gen.ts';

export const network = {
  Network: {
    id: (network, _args, { ids }) => ids.encodeObject(network),
    host: (network, _args, context) => hostOf(context, network),
    asOf: (network, _args, context) => asOf(hostOf(context, network)),
    stale: (network, _args, context) => hostOf(context, network).stale,
  } satisfies NetworkResolvers,
};
