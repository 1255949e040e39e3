import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../src/server/open-server.ts';
import { openGateway } from '../support/gateway.ts';
import { createMemoryFleet, someDomain } from '../support/memory-fleet.ts';

/** What was asked before passes by most checks: it must be answered as it was the first time. */

const fleet = createMemoryFleet();
let server: Server;

beforeAll(async () => {
  fleet.putHost({ name: 'alpha' });
  for (let number = 1; number <= 3; number++) fleet.putDomain(someDomain('alpha', number));
  server = await openGateway(fleet, { auth: { mode: 'none' } });
});

afterAll(() => server.close());

const json = { 'content-type': 'application/json' };
const named = 'query One { domains { totalCount } } query Two { domains { nodes { name } } }';
const paged = 'query ($first: Int!) { domains(first: $first) { nodes { name } } }';

type Asked = { readonly headers?: Readonly<Record<string, string>>; readonly body: unknown; readonly search?: string };

async function ask({ headers = json, body, search = '' }: Asked) {
  const response = await fetch(`${server.url}/graphql${search}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  const { date: _date, ...others } = Object.fromEntries(response.headers);
  const text = await response.text();
  return { status: response.status, headers: others, text: text.replace(/[0-9a-f-]{36}/, 'its correlation id') };
}

const asked: readonly (readonly [string, Asked])[] = [
  ['a question', { body: { query: '{ domains { nodes { id name state } } }' } }],
  [
    'one for GraphQL’s own type',
    {
      body: { query: '{ domains { totalCount } }' },
      headers: { ...json, accept: 'application/graphql-response+json' },
    },
  ],
  [
    'one for a type that is not to be had',
    { body: { query: '{ domains { totalCount } }' }, headers: { ...json, accept: 'image/png' } },
  ],
  ['one operation', { body: { query: named, operationName: 'One' } }],
  ['another operation of the same document', { body: { query: named, operationName: 'Two' } }],
  ['no operation of it', { body: { query: named } }],
  ['one that is not there', { body: { query: named, operationName: 'Three' } }],
  ['variables', { body: { query: paged, variables: { first: 1 } } }],
  ['other variables', { body: { query: paged, variables: { first: 2 } } }],
  ['variables that do not fit', { body: { query: paged, variables: { first: 'x' } } }],
  ['variables that are too many', { body: { query: paged, variables: { first: 9_999 } } }],
  ['no variables', { body: { query: paged, variables: null } }],
  ['variables that are none', { body: { query: paged, variables: [1] } }],
  ['variables as text', { body: { query: paged, variables: '{"first":1}' } }],
  [
    'extensions',
    { body: { query: '{ domains { totalCount } }', extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } } },
  ],
  ['an empty question', { body: { query: '' } }],
  ['what is no question', { body: { query: 5 } }],
  ['a list', { body: [{ query: '{ domains { totalCount } }' }] }],
  ['a question that is wrong', { body: { query: '{ nothing }' } }],
  ['a subscription', { body: { query: 'subscription { changes { __typename } }' } }],
  ['the schema’s own description', { body: { query: '{ __schema { queryType { name } } }' } }],
  ['a question with more in the URL', { body: { query: '{ domains { totalCount } }' }, search: '?query={nothing}' }],
  [
    'another type that is JSON',
    { body: { query: '{ domains { totalCount } }' }, headers: { 'content-type': 'application/json; charset=utf-8' } },
  ],
];

test.each(asked)('%s is answered the third time as it was the first', async (_what, question) => {
  const first = await ask(question);
  expect(await ask(question)).toEqual(first);
  expect(await ask(question)).toEqual(first);
});

test('what was answered is not to be had by a page of another site', async () => {
  const body = { query: '{ domains { totalCount } }' };
  expect((await ask({ body })).status).toBe(200);
  expect((await ask({ body, headers: { 'content-type': 'text/plain' } })).status).toBe(415);
});

test('each answer is of the present', async () => {
  const question = { body: { query: '{ domains(first: 1) { nodes { stateReason } } }' } };
  const answers = [];
  for (const stateReason of ['one', 'two', 'three']) {
    fleet.putDomain(someDomain('alpha', 1, { stateReason }));
    answers.push((await ask(question)).text.trimEnd());
  }
  expect(answers).toEqual(
    ['one', 'two', 'three'].map((stateReason) => JSON.stringify({ data: { domains: { nodes: [{ stateReason }] } } })),
  );
});

test('of an answer that comes to have an error the hosts are asked once', async () => {
  let times = 0;
  fleet.refreshDomains = async () => {
    times++;
  };
  const question = { body: { query: '{ domains(fresh: true) { nodes { name vcpus } } }' } };
  expect((await ask(question)).text).not.toContain('errors');
  expect((await ask(question)).text).not.toContain('errors');
  fleet.putDomain(someDomain('alpha', 2, { config: { vcpus: 1.5 } }));
  times = 0;
  const answer = await ask(question);
  expect([times, answer.text.includes('"errors"')]).toEqual([1, true]);
  fleet.putDomain(someDomain('alpha', 2));
  expect((await ask(question)).text).not.toContain('errors');
});
