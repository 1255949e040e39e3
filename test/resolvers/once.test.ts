import { getNamedType, graphql, isInputObjectType } from 'graphql';
import { beforeEach, describe, expect, test } from 'vitest';
import { VirtgraphError } from '../../src/errors.ts';
import { createContext } from '../../src/resolvers/context.ts';
import { createIdCodec } from '../../src/resolvers/ids.ts';
import { createSchema } from '../../src/resolvers/schema.ts';
import { noConfiguration, noHostAdmin, readSdl } from '../support/gateway.ts';
import { createMemoryFleet, type MemoryFleet, someDomain } from '../support/memory-fleet.ts';

const schema = createSchema(await readSdl());
let fleet: MemoryFleet;

beforeEach(() => {
  fleet = createMemoryFleet();
  fleet.putHost({ name: 'alpha' });
  fleet.putDomain(someDomain('alpha', 1));
});

async function act(verb: string, type: string, input: object) {
  const limits = { bodyBytes: 1, tokens: 1, depth: 1, aliases: 1, subscriptionsPerSocket: 1 };
  const { data, errors = [] } = await graphql({
    schema,
    source: `mutation ($input: ${type}!) { ${verb}(input: $input) { summary dryRun domain { state } } }`,
    variableValues: { input: { domain: { path: { host: 'alpha', name: 'vm-1' } }, ...input } },
    contextValue: createContext({
      fleet,
      ids: createIdCodec(fleet.id),
      info: { version: 'test', startedAt: 0, limits },
      hostAdmin: noHostAdmin,
      configuration: () => noConfiguration,
      signal: new AbortController().signal,
    }),
  });
  return {
    data: data?.[verb] ?? null,
    outcomes: errors.map(({ originalError }) =>
      originalError instanceof VirtgraphError ? originalError.detail.outcome : undefined,
    ),
    codes: errors.map(({ originalError }) => originalError && 'code' in originalError && originalError.code),
  };
}
const suspend = (input: object) => act('suspendDomain', 'DomainActionInput', input);
const resume = (input: object) => act('resumeDomain', 'DomainActionInput', input);

describe('every mutation', () => {
  const inputs = Object.values(schema.getMutationType()?.getFields() ?? {}).map(({ name, args }) => {
    const type = getNamedType(args[0]?.type);
    return [name, isInputObjectType(type) ? type.getFields() : {}] as const;
  });

  test.each(inputs)('takes a key: %s', (_, fields) => {
    expect(String(fields['idempotencyKey']?.type)).toBe('String');
  });

  test.each(inputs.filter(([, fields]) => 'domain' in fields))(
    'of a domain can be tried and guarded: %s',
    (_, fields) => {
      expect([String(fields['dryRun']?.type), String(fields['expectedVersion']?.type)]).toEqual(['Boolean!', 'String']);
    },
  );
});

describe('a change that was never sent says so', () => {
  test.each([
    ['a host that is not there', { domain: { path: { host: 'nowhere', name: 'vm-1' } } }, 'NOT_FOUND'],
    ['a domain that is not there', { domain: { path: { host: 'alpha', name: 'none' } } }, 'NOT_FOUND'],
    ['an id that nobody gave out', { domain: { id: 'x' } }, 'BAD_USER_INPUT'],
  ])('%s', async (_, input, code) => {
    for (const part of [{}, { dryRun: true }, { idempotencyKey: 'k' }]) {
      const { codes, outcomes } = await suspend({ ...input, ...part });
      expect([codes, outcomes]).toEqual([[code], ['NOT_SENT']]);
    }
  });

  test('a UUID that two hosts have', async () => {
    fleet.putHost({ name: 'beta' });
    const domain = someDomain('beta', 1);
    fleet.putDomain(domain);
    const { codes, outcomes } = await suspend({ domain: { uuid: domain.uuid } });
    expect([codes, outcomes]).toEqual([['CONFLICT'], ['NOT_SENT']]);
  });
});

describe('a change with a key', () => {
  test('is done once, and answered as the first time also when things have changed since', async () => {
    const first = await suspend({ idempotencyKey: 'k' });
    expect(first).toMatchObject({ data: { domain: { state: 'PAUSED' } }, codes: [] });
    await resume({});
    // Absent, null and the default are the same input.
    expect(await suspend({ dryRun: false, expectedVersion: null, idempotencyKey: 'k' })).toEqual(first);
    expect(fleet.domainByName('alpha', 'vm-1')?.state).toBe('RUNNING');
  });

  test('is another one when the verb is another, and when its input is', async () => {
    await suspend({ idempotencyKey: 'k' });
    expect((await resume({ idempotencyKey: 'k' })).codes).toEqual(['CONFLICT']);
    expect((await suspend({ idempotencyKey: 'k', expectedVersion: 'v1' })).codes).toEqual(['CONFLICT']);
  });

  test('may be tried before: a dry run leaves its key alone', async () => {
    expect(await suspend({ idempotencyKey: 'k', dryRun: true })).toMatchObject({ data: { dryRun: true } });
    expect(await suspend({ idempotencyKey: 'k' })).toMatchObject({ data: { dryRun: false } });
  });

  test('needs a key of 1 to 128 characters', async () => {
    expect((await suspend({ idempotencyKey: '' })).codes).toEqual(['BAD_USER_INPUT']);
    expect((await suspend({ idempotencyKey: 'k'.repeat(129) })).codes).toEqual(['BAD_USER_INPUT']);
    expect(fleet.domainByName('alpha', 'vm-1')?.state).toBe('RUNNING');
  });
});
