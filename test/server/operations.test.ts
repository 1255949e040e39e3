import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { createIdCodec } from '../../src/resolvers/ids.ts';
import { createSchema } from '../../src/resolvers/schema.ts';
import { createDocuments } from '../../src/server/documents.ts';
import { createExecutor } from '../../src/server/execution/executor.ts';
import { createErrorFormatter } from '../../src/server/format-error.ts';
import { createOperations } from '../../src/server/operations.ts';
import { noConfiguration, noHostAdmin, readSdl, testLimits } from '../support/gateway.ts';
import { createMemoryFleet, someDomain } from '../support/memory-fleet.ts';

const schema = createSchema(await readSdl());

function open() {
  const fleet = createMemoryFleet();
  fleet.putHost({ name: 'alpha' });
  const info = {
    version: 'test',
    startedAt: systemClock.now(),
    limits: { ...testLimits, tokens: 1, depth: 1, aliases: 1 },
  };
  const gateway = {
    fleet,
    ids: createIdCodec(fleet.id),
    info,
    hostAdmin: noHostAdmin,
    configuration: () => noConfiguration,
    signal: new AbortController().signal,
  };
  const executor = createExecutor(schema, () => performance.now());
  const documents = createDocuments(schema, testLimits);
  return createOperations(schema, gateway, documents, executor, createErrorFormatter(silentLog));
}

function prepare(operations: ReturnType<typeof open>, query: string) {
  const prepared = operations.prepare({ query, operationName: null, variables: null });
  if (!('args' in prepared)) throw new Error(prepared.map(String).join());
  return prepared.args;
}

test('a document is answered as text, for each event that a subscription delivered', async () => {
  const operations = open();
  const args = prepare(operations, 'subscription { domainChanged { name state } }');
  expect(String(await operations.executeToJson(args, someDomain('alpha', 1)))).toBe(
    '{"data":{"domainChanged":{"name":"vm-1","state":"RUNNING"}}}',
  );
});

test('an answer as text has its errors as everybody is shown them', async () => {
  const operations = open();
  const args = prepare(operations, '{ domain(by: { path: { host: "nowhere", name: "x" } }) { name } }');
  const { data, errors } = JSON.parse(String(await operations.executeToJson(args)));
  expect({ data, errors }).toEqual({
    data: { domain: null },
    errors: [expect.objectContaining({ path: ['domain'], extensions: expect.objectContaining({ code: 'NOT_FOUND' }) })],
  });
});

test('a query about what is in memory is answered as text, and one with an error by graphql-js', async () => {
  const operations = open();
  const answer = await operations.execute(prepare(operations, '{ hosts { totalCount } }'));
  expect(Buffer.isBuffer(answer) && String(answer)).toBe('{"data":{"hosts":{"totalCount":1}}}');
  const refused = await operations.execute(prepare(operations, '{ domains(first: 0) { totalCount } }'));
  expect('errors' in refused && refused.errors).toHaveLength(1);
});
