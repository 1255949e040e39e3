import { readdirSync } from 'node:fs';
import { assert, asyncProperty, type GeneratorValue, gen, nat } from 'fast-check';
import {
  type ExecutionArgs,
  execute,
  type GraphQLObjectType,
  Kind,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Change } from '../../../src/fleet/journal/change.ts';
import type { DomainRecord, NetworkRecord } from '../../../src/fleet/objects.ts';
import { packText } from '../../../src/fleet/replica/packed-text.ts';
import { parseUuid } from '../../../src/model/brands.ts';
import { createContext, type Gateway } from '../../../src/resolvers/context.ts';
import { createIdCodec } from '../../../src/resolvers/ids.ts';
import { createSchema } from '../../../src/resolvers/schema.ts';
import { sourceOf } from '../../../src/resolvers/sources.ts';
import { createExecutor, type Executor } from '../../../src/server/execution/executor.ts';
import { ideExamples } from '../../../src/server/ide/ide-examples.ts';
import { blocksOf, readPage } from '../../docs/markdown.ts';
import { noConfiguration, noHostAdmin, readSdl, testLimits } from '../../support/gateway.ts';
import { createMemoryFleet, type MemoryFleet, reading, someDomain } from '../../support/memory-fleet.ts';
import { type Choices, type Dice, randomOperation } from '../../support/random-operation.ts';

/** Our executor beside graphql-js: the same text for every question, whatever has happened to the fleet. */

const schema = createSchema(await readSdl());
const hostNames = ['alpha', 'beta', 'gamma'];

let fleet: MemoryFleet;
let executor: Executor;
let gateway: Gateway;

function openFleet(keptBytes = 60_000) {
  fleet = createMemoryFleet();
  for (const name of hostNames) fleet.putHost({ name });
  // Little room, so that texts are thrown out too; turns so short that every list of some length takes several; slabs and
  // pieces so short that texts lie, and are found, across several.
  const slabs = { slabBytes: 1_000, referredBytes: 200 };
  executor = createExecutor(schema, tickingClock(), { keptBytes, turnMs: 10, slabs });
  const info = { version: 'test', startedAt: 0, limits: { ...testLimits, tokens: 1, depth: 1, aliases: 1 } };
  const signal = new AbortController().signal;
  const configuration = () => noConfiguration;
  gateway = { fleet, ids: createIdCodec(fleet.id), info, hostAdmin: noHostAdmin, configuration, signal };
}

function tickingClock(): () => number {
  let ms = 0;
  return () => ms++;
}

beforeEach(() => openFleet());

async function ours(args: ExecutionArgs): Promise<string | null> {
  const pieces = await executor.execute(args, createContext(gateway));
  return pieces && Buffer.concat(pieces).toString();
}

async function theirs(args: ExecutionArgs): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const result = await execute({ ...args, contextValue: createContext(gateway) });
  return { text: JSON.stringify(result), isWhole: result.errors === undefined };
}

const isAnswerable: Choices['isWanted'] = (type, field) => !field.resolve || sourceOf(type.name, field.name) !== null;

const choices: Choices = {
  isWanted: isAnswerable,
  args: {
    'Query.host': ['(name: "alpha")', '(name: "nowhere")', '(name: $name)'],
    'Query.hosts': ['', '(first: 1)', '(filter: { names: ["beta", "alpha"] })', '(first: $first)'],
    'Query.domains': [
      '',
      '(first: 3)',
      '(first: $first)',
      '(filter: $filter)',
      '(orderBy: { field: MEMORY, direction: DESC })',
      '(fresh: true)',
      '(first: 0)',
      '(filter: { hosts: ["nowhere"] })',
    ],
    'Query.task': ['(id: "nonsense")'],
    'Query.macConflicts': ['', '(host: "beta")'],
    'Query.changesSince': ['', '(first: 2)'],
    'Host.domains': ['', '(first: 2)', '(filter: $filter)'],
    'Domain.xml': ['', '(inactive: true)', '(inactive: $yes)'],
  },
  variables: {
    name: { type: 'String! = "beta"', values: [undefined, 'alpha', 'nowhere'] },
    first: { type: 'Int = 4', values: [undefined, 1, 50, null, 'x'] },
    filter: {
      type: 'DomainFilter',
      values: [undefined, null, { states: ['RUNNING'] }, { macAddress: '52-54-00-00-00-01' }, { hosts: ['gamma'] }],
    },
  },
};

/** What the world writes into names and descriptions. */
const texts = ['', 'plain', 'quo"te', 'back\\slash', 'line\nend', 'tab\t\u0001', 'ä€😀', '\ud800', '\u2028', '0'];

function randomDomain(dice: Dice): DomainRecord {
  const text = () => texts[dice(texts.length)] ?? '';
  const optional = <T>(value: T) => (dice(3) === 0 ? null : value);
  const state = (['RUNNING', 'SHUTOFF', 'PAUSED', 'UNKNOWN'] as const)[dice(4)] ?? 'RUNNING';
  const number = 1 + dice(12);
  const host = hostNames[dice(hostNames.length)] ?? 'alpha';
  const plain = someDomain(host, number, { state });
  const nics = plain.config.interfaces.flatMap((nic) =>
    Array.from({ length: dice(3) }, () => ({
      ...nic,
      type: ['bridge', 'network', 'direct', 'user'][dice(4)] ?? 'bridge',
      source: optional(['net', 'other', 'br0'][dice(3)] ?? 'net'),
      linkUp: optional(dice(2) === 0),
      model: optional(text()),
    })),
  );
  const monitor = { status: 'OCCUPIED', since: dice(5), heldBy: optional(text()) } as const;
  return someDomain(host, number, {
    state,
    stateReason: text(),
    autostart: optional(dice(2) === 0),
    monitor: optional(monitor),
    inactiveXml: optional(packText(`<inactive>${text()}</inactive>`)),
    config: {
      interfaces: nics,
      title: optional(text()),
      description: optional(text()),
      // Now and then what no answer can hold: an error, and null up to where null may be.
      memoryBytes: dice(40) === 0 ? Number.NaN : dice(1000),
      vcpus: dice(60) === 0 ? 1.5 : dice(8),
      features: Array.from({ length: dice(3) }, text),
      disks: Array.from({ length: dice(3) }, (_, index) => ({
        target: `vd${index}`,
        bus: optional('virtio'),
        device: 'disk',
        type: 'file',
        source: optional(text()),
        format: null,
        readOnly: dice(2) === 0,
        shareable: false,
        serial: optional(text()),
        bootOrder: optional(dice(3)),
      })),
    },
  });
}

function network(hostName: string, bridge: string | null, forwardMode: string | null): NetworkRecord {
  const uuid = parseUuid('00000000-0000-4000-9000-000000000001');
  if (!uuid) throw new Error('not a UUID');
  const plain = { active: true, persistent: true, autostart: null, macAddress: null, dnsDomain: null, addresses: [] };
  return { kind: 'network', hostName, uuid, name: 'net', bridge, forwardMode, ...plain };
}

function changeFleet(dice: Dice): void {
  const name = hostNames[dice(hostNames.length)] ?? 'alpha';
  switch (dice(6)) {
    case 0:
      fleet.putHost({ name, stale: dice(2) === 0, asOf: dice(2) === 0 ? null : dice(9999) });
      break;
    case 1:
      fleet.putHost({
        name,
        status: dice(2) === 0 ? 'LOST' : 'READY',
        labels: { site: texts[dice(texts.length)] ?? '' },
      });
      break;
    case 2:
      fleet.putNetwork(
        network(name, [null, 'virbr0'][dice(2)] ?? null, [null, 'nat', 'bridge', 'private'][dice(4)] ?? null),
      );
      break;
    case 3:
      fleet.putSession(name, dice(2) === 0);
      break;
    case 4: {
      const all = hostNames.flatMap(
        (hostName) =>
          fleet.listDomains({
            filter: { hosts: [hostName] },
            orderBy: { field: 'NAME', direction: 'ASC' },
            first: 50,
            after: null,
          }).edges,
      );
      const gone = all[dice(Math.max(1, all.length))];
      if (gone) fleet.dropDomain(gone.node);
      break;
    }
    default:
      fleet.putDomain(randomDomain(dice));
  }
}

function prepare(query: string): ExecutionArgs['document'] {
  const document = parse(query);
  expect(validate(schema, document, specifiedRules).map(String)).toEqual([]);
  return document;
}

const diceOf =
  (g: GeneratorValue): Dice =>
  (below) =>
    g(nat, { max: below - 1 });

test('any question has graphql-js’s own answer, through any changes of the fleet', async () => {
  let answered = 0;
  await assert(
    asyncProperty(gen(), async (g) => {
      openFleet();
      const dice = diceOf(g);
      for (let count = dice(20); count > 0; count--) changeFleet(dice);
      const root = schema.getQueryType() as GraphQLObjectType;
      const questions = Array.from({ length: 1 + dice(2) }, () => {
        const { query, variables } = randomOperation(schema, root, 'query', choices, dice);
        return { schema, document: prepare(query), variableValues: variables };
      });
      for (let round = 0; round < 4; round++) {
        for (const question of questions) {
          const expected = await theirs(question);
          // What has no error it must answer itself, or it would prove nothing here.
          expect(await ours(question)).toBe(expected.isWhole ? expected.text : null);
          if (expected.isWhole) answered++;
        }
        for (let count = dice(3); count > 0; count--) changeFleet(dice);
      }
    }),
    { numRuns: 150 },
  );
  expect(answered).toBeGreaterThan(150);
});

test('what a subscription delivers has graphql-js’s own answer too', async () => {
  let answered = 0;
  await assert(
    asyncProperty(gen(), async (g) => {
      openFleet();
      const dice = diceOf(g);
      for (let count = 1 + dice(20); count > 0; count--) changeFleet(dice);
      const root = schema.getSubscriptionType() as GraphQLObjectType;
      const { query, variables } = randomOperation(schema, root, 'subscription', subscriptionChoices, dice);
      // One field alone is all that a subscription may ask for, which execution does not mind.
      const question = { schema, document: parse(query), variableValues: variables };
      for (const event of [...events(dice), ...events(dice)]) {
        const expected = await theirs({ ...question, rootValue: event });
        expect(await ours({ ...question, rootValue: event })).toBe(expected.isWhole ? expected.text : null);
        if (expected.isWhole) answered++;
      }
    }),
    { numRuns: 150 },
  );
  expect(answered).toBeGreaterThan(150);
});

test('a page of many domains is answered alike, whichever of them and of their hosts have changed', async () => {
  const pages = [
    '{ domains(first: 1000) { nodes { id uuid name state stale vcpus title } } }',
    '{ domains(orderBy: { field: HOST, direction: DESC }, first: 1000) { totalCount nodes { asOf name uuid state vcpus host { name } interfaces { macAddress tapMacAddress tapNote } } } }',
    '{ domains(first: 1000) { edges { cursor node { id uuid name state stale } } nodes { id uuid name state stale } } }',
    '{ hosts { nodes { name status libvirtVersion labels { key value } domains(first: 500) { nodes { name uuid memory maxMemory stale title } } } } }',
  ].map((query) => ({ schema, document: prepare(query) }));
  await assert(
    asyncProperty(gen(), async (g) => {
      // Room for all of them, and for some.
      const dice = diceOf(g);
      openFleet([1_000_000, 150_000][dice(2)]);
      for (let number = 1; number <= 90; number++) {
        fleet.putDomain(someDomain(hostNames[number % 3] ?? 'alpha', number, { stateReason: 'as it was' }));
      }
      for (let round = 0; round < 8; round++) {
        // Side by side, so that they are made in turns.
        const answers = await Promise.all(pages.map(ours));
        for (const [index, page] of pages.entries()) {
          const { text, isWhole } = await theirs(page);
          expect(answers[index]).toBe(isWhole ? text : null);
        }
        for (let count = dice(8); count > 0; count--) {
          const number = 1 + dice(95);
          const host = hostNames[number % 3] ?? 'alpha';
          if (dice(4) === 0) fleet.putHost({ name: host, stale: dice(2) === 0, asOf: dice(5) * 1_000_000_000_000 });
          else fleet.putDomain(someDomain(host, number, { stateReason: texts[dice(texts.length)] ?? '' }));
        }
        if (dice(3) === 0) changeFleet(dice);
      }
    }),
    { numRuns: 25 },
  );
});

/** What is given to the root field of any subscription: only what fits it has an answer without errors. */
function events(dice: Dice): readonly object[] {
  const cursor = fleet.journal.cursor();
  const host = fleet.putHost({ name: 'alpha' });
  const object = randomDomain(dice);
  const change: Change = {
    type: 'upserted',
    cursor,
    observedAt: 5,
    origin: 'EVENT',
    object,
    previous: null,
    changedFields: null,
  };
  const stats = { ...reading('alpha', object.uuid), sampledAt: dice(99) };
  return [
    change,
    {
      type: 'deleted',
      cursor,
      observedAt: 6,
      origin: 'POLL',
      ref: { kind: 'domain', hostName: 'beta', uuid: object.uuid },
    },
    { type: 'hostInterrupted', cursor, observedAt: 7, host },
    { type: 'lagged', dropped: dice(9) },
    object,
    host,
    { sampledAt: 1, readings: [stats], missing: [{ hostName: 'beta', reason: 'slow' }] },
  ];
}

const subscriptionChoices: Choices = {
  ...choices,
  args: { ...choices.args, 'Subscription.taskProgress': ['(id: "x")'] },
};

describe('the documentation’s questions', () => {
  const pages = ['README.md', ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];
  const blocks = pages.flatMap((page) => blocksOf(readPage(page), 'graphql'));
  const operations = [...blocks, ...ideExamples.map(({ query }) => query)]
    .map((text) => parse(text))
    .filter(({ definitions }) =>
      definitions.every(
        (each) => each.kind !== Kind.OPERATION_DEFINITION || each.operation === OperationTypeNode.QUERY,
      ),
    );

  test('are answered alike, or left to graphql-js', async () => {
    for (let number = 1; number < 9; number++) fleet.putDomain(someDomain('alpha', number));
    let answered = 0;
    for (const document of operations) {
      const question = { schema, document, operationName: null };
      const { text } = await theirs(question);
      const own = await ours(question);
      if (own === null) continue;
      expect(own).toBe(text);
      answered++;
    }
    expect(answered).toBeGreaterThan(2);
  });
});

describe('it leaves to graphql-js', () => {
  test.each([
    ['what a host is asked', '{ domains { nodes { stats { missing } } } }'],
    ['the schema’s own description', '{ __schema { queryType { name } } }'],
    ['changes', 'mutation { refreshHost(input: { host: "alpha" }) { host { name } } }'],
    ['what has an error in it', '{ domains(first: 0) { totalCount } }'],
    ['variables that do not fit', 'query ($first: Int!) { domains(first: $first) { totalCount } }'],
  ])('%s', async (_what, query) => {
    expect(await ours({ schema, document: parse(query) })).toBe(null);
  });

  test('a promise that nobody promised to give, and does not let its failure end the process', async () => {
    fleet.host = () => Promise.reject(new Error('late')) as never;
    expect(await ours({ schema, document: parse('{ host(name: "alpha") { name } gateway { version } }') })).toBe(null);
  });
});

test('an answer that is left to graphql-js asks the hosts no second time', async () => {
  let asked = 0;
  fleet.refreshDomains = async () => {
    asked++;
  };
  fleet.putDomain(someDomain('alpha', 1, { config: { vcpus: 1.5 } }));
  const document = parse(
    '{ domains(fresh: true) { nodes { name vcpus } } again: domains(fresh: true) { totalCount } }',
  );
  const contextValue = createContext(gateway);
  expect(await executor.execute({ schema, document }, contextValue)).toBe(null);
  expect((await execute({ schema, document, contextValue })).errors).toHaveLength(1);
  expect(asked).toBe(1);
});

test('a changed address of a tap is shown at once, though its domain is the same', async () => {
  const domain = someDomain('alpha', 1);
  const nics = domain.config.interfaces.map((nic) => ({ ...nic, type: 'network', source: 'net' }));
  fleet.putDomain({ ...domain, config: { ...domain.config, interfaces: nics } });
  const document = parse('{ domains { nodes { name uuid state vcpus interfaces { tapMacAddress tapNote } } } }');
  const seen = new Set<string | null>();
  for (const change of [
    () => {},
    () => fleet.putNetwork(network('alpha', 'virbr0', 'nat')),
    () => fleet.putNetwork(network('alpha', null, 'private')),
    () => fleet.putSession('alpha', true),
  ]) {
    change();
    const own = await ours({ schema, document });
    expect(own).toBe((await theirs({ schema, document })).text);
    seen.add(own);
  }
  expect(seen.size).toBeGreaterThan(1);
});
