import { type GraphQLObjectType, graphql } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openDriver } from '../../src/drivers/index.ts';
import { simTargets } from '../../src/drivers/libvirt/sim/targets.ts';
import { VirtgraphError } from '../../src/errors.ts';
import { openFleet } from '../../src/fleet/fleet.ts';
import type { Fleet } from '../../src/fleet/types.ts';
import { silentLog } from '../../src/log.ts';
import { createContext } from '../../src/resolvers/context.ts';
import { createIdCodec } from '../../src/resolvers/ids.ts';
import { createSchema } from '../../src/resolvers/schema.ts';
import { createHandshakeLimiter } from '../../src/ssh/handshake-limiter.ts';
import { until } from '../support/eventually.ts';
import { everyField } from '../support/every-field.ts';
import { noHostAdmin as hostAdmin, noConfiguration, readSdl } from '../support/gateway.ts';

const schema = createSchema(await readSdl());
const signal = new AbortController().signal;
let fleet: Fleet;

beforeAll(async () => {
  const limiter = createHandshakeLimiter();
  fleet = openFleet({
    id: 'every-field',
    targets: simTargets(),
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    openDriver: (target, options) => openDriver(target, { log: silentLog, clock: systemClock, limiter }, options),
  });
  await until(() => fleet.hosts().every((host) => host.status === 'READY'));
});

afterAll(() => fleet?.close());

function ask(source: string) {
  const limits = { bodyBytes: 1, tokens: 1, depth: 1, aliases: 1, subscriptionsPerSocket: 1 };
  const configuration = () => noConfiguration;
  const info = { version: 'test', startedAt: 0, limits };
  return graphql({
    schema,
    source,
    contextValue: createContext({ fleet, signal, info, ids: createIdCodec(fleet.id), hostAdmin, configuration }),
  });
}

/** Depth keeps the text short of astronomic: domains have hosts, and hosts have domains. */
const questions: readonly (readonly [string, string, number])[] = [
  ['hosts', 'hosts', 4],
  ['domains', 'domains(first: 500)', 4],
  ['macConflicts', 'macConflicts', 3],
  ['gateway', 'gateway', 2],
  ['changesSince', 'changesSince', 4],
];

test.each(questions)('every field under %s is answered by the embedded fleet', async (name, field, depth) => {
  const query = schema.getQueryType() as GraphQLObjectType;
  const type = query.getFields()[name]?.type;
  const named = String(type).replace(/[[\]!]/g, '');
  const selection = everyField(schema, schema.getType(named) as GraphQLObjectType, depth);
  const { data, errors = [] } = await ask(`{ ${field} { ${selection} } }`);
  expect(data).toHaveProperty(name);
  // What a host cannot do is said by a code of ours; anything else is a mistake in a resolver or in the schema.
  const unexpected = errors.filter(
    ({ originalError: cause }) =>
      !(cause instanceof VirtgraphError) || !['UNSUPPORTED', 'INVALID_STATE'].includes(cause.code),
  );
  expect(unexpected.map((error) => `${error.path?.join('.')}: ${error.message}`)).toEqual([]);
});
