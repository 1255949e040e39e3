import { asOf } from './domain.ts';
import { requireHost } from './lookup.ts';
import type { StoragePoolResolvers } from './schema.gen.ts';

export const storagePool = {
  StoragePool: {
    id: (pool, _args, { ids }) => ids.encodeObject(pool),
    host: (pool, _args, context) => requireHost(context, pool.hostName),
    capacity: (pool) => pool.capacityBytes,
    allocation: (pool) => pool.allocationBytes,
    available: (pool) => pool.availableBytes,
    asOf: (pool, _args, context) => asOf(requireHost(context, pool.hostName)),
    stale: (pool, _args, context) => requireHost(context, pool.hostName).stale,
  } satisfies StoragePoolResolvers,
};
