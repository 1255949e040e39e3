/** A process that answers GraphQL over HTTP about a fleet that is a table in its memory. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { type GraphQLSchema, isAbstractType, isObjectType, isScalarType } from 'graphql';
import { type Context, createContext, type Gateway } from '../../src/resolvers/context.ts';
import { createIdCodec } from '../../src/resolvers/ids.ts';
import { createSchema } from '../../src/resolvers/schema.ts';
import { noConfiguration, noHostAdmin, openGateway, readSdl, testLimits } from '../../test/support/gateway.ts';
import { createMemoryFleet, type MemoryFleet, someDomain } from '../../test/support/memory-fleet.ts';
import type { Command, ProcessOptions, Reply } from './protocol.ts';

const options: ProcessOptions = JSON.parse(process.argv[2] ?? '');
const fleet = fill(options);
const sdl = await readSdl();
const { tokens, depth, aliases } = { tokens: 1, depth: 1, aliases: 1 };
const gateway: Gateway = {
  fleet,
  ids: createIdCodec(fleet.id),
  info: { version: 'bench', startedAt: 0, limits: { ...testLimits, tokens, depth, aliases } },
  hostAdmin: noHostAdmin,
  configuration: () => noConfiguration,
  signal: new AbortController().signal,
};
const delay = monitorEventLoopDelay({ resolution: 1 });
let firstChanged = 0;

process.on('message', (command: Command) => reply(answer(command)));
process.on('disconnect', () => process.exit());
reply({ url: await listen(options) });

function answer(command: Command): Reply {
  switch (command.type) {
    case 'change':
      change(command.domains);
      // What changing leaves behind is not the answer's to clear away.
      globalThis.gc?.({ type: 'minor' });
      return { done: true };
    case 'watch':
      delay.enable();
      delay.reset();
      return { done: true };
    case 'longestBlock':
      // Its timer is late by nothing when it comes after its millisecond.
      return { longestBlockMs: delay.max / 1e6 - 1 };
    default:
      return command satisfies never;
  }
}

function reply(message: Reply): void {
  process.send?.(message);
}

async function listen({ kind, peers }: ProcessOptions): Promise<string> {
  switch (kind) {
    case 'virtgraph': {
      const server = await openGateway(fleet, { auth: { mode: 'none' } });
      return `${server.url}/graphql`;
    }
    case 'apollo': {
      const server = new ApolloServer<Context>({ schema: createSchema(sdl) });
      const context = async () => createContext(gateway);
      return (await startStandaloneServer(server, { context, listen: { port: 0, host: '127.0.0.1' } })).url;
    }
    case 'mercurius':
      return listenMercurius(peers);
    default:
      return kind satisfies never;
  }
}

async function listenMercurius(peers: ProcessOptions['peers']): Promise<string> {
  const [{ default: fastify }, { default: mercurius }, graphql] = await Promise.all(
    ['fastify', 'mercurius', 'graphql'].map((name) => import(peers[name] ?? '')),
  );
  const app = fastify();
  app.register(mercurius, {
    schema: copySchema(createSchema(sdl), graphql.buildSchema(sdl)),
    context: () => createContext(gateway),
    jit: 1,
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${app.server.address().port}/graphql`;
}

type AttachableType = {
  resolveType?: unknown;
  getFields(): Record<string, { resolve?: unknown }>;
};

/** graphql-js works with objects of one copy of itself alone, and mercurius brings its own. */
function copySchema(from: GraphQLSchema, to: GraphQLSchema): GraphQLSchema {
  const targets = to.getTypeMap();
  for (const [name, type] of Object.entries(from.getTypeMap())) {
    if (name.startsWith('__')) continue;
    // The same kind of type, since both are of one text.
    const target = targets[name] as unknown as AttachableType;
    if (isScalarType(type)) {
      const { serialize, parseValue, parseLiteral } = type;
      Object.assign(target, { serialize, parseValue, parseLiteral });
    } else if (isAbstractType(type)) target.resolveType = type.resolveType;
    else if (isObjectType(type)) {
      const fields = target.getFields();
      for (const [field, { resolve }] of Object.entries(type.getFields()))
        Object.assign(fields[field] ?? {}, { resolve });
    }
  }
  return to;
}

function fill({ hosts, domainsOfHost }: ProcessOptions): MemoryFleet {
  const filled = createMemoryFleet();
  for (let host = 0; host < hosts; host++) {
    const name = `host-${host}`;
    filled.putHost({ name });
    for (let index = 0; index < domainsOfHost; index++) {
      const number = host * domainsOfHost + index + 1;
      const plain = someDomain(name, number);
      const nics = [0, 1].flatMap((nic) =>
        plain.config.interfaces.map((each) => ({ ...each, target: `vnet${2 * number + nic}` })),
      );
      filled.putDomain({ ...plain, config: { ...plain.config, title: `Guest ${number}`, interfaces: nics } });
    }
  }
  return filled;
}

/** Their contents stay the same, so that all answers can be compared. */
function change(count: number): void {
  const page = { filter: {}, orderBy: { field: 'NAME', direction: 'ASC' }, after: null } as const;
  const { edges } = fleet.listDomains({ ...page, first: Number.MAX_SAFE_INTEGER });
  const step = Math.max(1, Math.floor(edges.length / count));
  for (let changed = 0; changed < count; changed++) {
    const edge = edges[(firstChanged + changed * step) % edges.length];
    if (edge) fleet.putDomain({ ...edge.node });
  }
  firstChanged++;
}
