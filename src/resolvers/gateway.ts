import type { QueryResolvers } from './schema.gen.ts';

export const gatewayQueries = {
  gateway: (_root, _args, { fleet, info, configuration, hostAdmin }) => ({
    version: info.version,
    fleetId: fleet.id,
    startedAt: info.startedAt,
    cursor: fleet.journal.cursor(),
    journalPersistence: fleet.journal.persistence,
    limits: info.limits,
    configuration: { ...configuration(), idleHosts: hostAdmin.idle },
  }),
} satisfies QueryResolvers;
