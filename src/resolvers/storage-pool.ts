import { asOf } from './domain.ts';
import { hostOf } from './lookup.ts';
import type { StoragePoolResolvers } from './schema.gen.ts';

export const storagePool = {
  StoragePool: {
    id: (pool, _args, { ids }) => ids.encodeObject(pool),
    host: (pool, _args, context) => hostOf(context, pool),
    capacity: (pool) => pool.capacityBytes,
    allocation: (pool) => pool.allocationBytes,
    available: (pool) => pool.availableBytes,
    asOf: (pool, _args, context) => asOf(hostOf(context, pool)),
    stale: (pool, _args, context) => hostOf(context, pool).stale,
  } satisfies StoragePoolResolvers,
};
