import type { QueryResolvers } from './schema.gen.ts';

export const gatewayQueries = {
  gateway: (_root, _args, { fleet, info }) => ({
    version: info.version,
    fleetId: fleet.id,
    startedAt: info.startedAt,
    cursor: fleet.journal.cursor(),
    limits: info.limits,
  }),
} satisfies QueryResolvers;
