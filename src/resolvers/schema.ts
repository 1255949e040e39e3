import {
  buildASTSchema,
  type DocumentNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  isScalarType,
  parse,
  valueFromASTUntyped,
} from 'graphql';
import { changeQueries, changeSubscriptions, changes } from './changes.ts';
import { domain, domainQueries, domainSubscriptions } from './domain.ts';
import { domainInterface } from './domain-interface.ts';
import { domainMutations } from './domain-mutations.ts';
import { gatewayQueries } from './gateway.ts';
import { host, hostMutations, hostQueries, hostSubscriptions } from './host.ts';
import { hostAdminMutations } from './host-admin-mutations.ts';
import { interfaceMutations } from './interface-mutations.ts';
import { macAddress, macQueries } from './mac-address.ts';
import { network } from './network.ts';
import { nodeQueries } from './node.ts';
import { once } from './once.ts';
import { type ScalarRule, scalars } from './scalars.ts';
import type { Resolvers } from './schema.gen.ts';
import { stats, statsSubscriptions } from './stats.ts';
import { storagePool } from './storage-pool.ts';
import { task, taskMutations, taskQueries, taskSubscriptions } from './task.ts';

const resolvers = {
  Query: {
    ...nodeQueries,
    ...hostQueries,
    ...domainQueries,
    ...macQueries,
    ...changeQueries,
    ...taskQueries,
    ...gatewayQueries,
  },
  Mutation: {
    ...once({ ...domainMutations, ...interfaceMutations }, { tellsWhenSent: true }),
    ...once({ ...hostMutations, ...hostAdminMutations, ...taskMutations }, { tellsWhenSent: false }),
  },
  Subscription: {
    ...changeSubscriptions,
    ...domainSubscriptions,
    ...statsSubscriptions,
    ...hostSubscriptions,
    ...taskSubscriptions,
  },
  ...host,
  ...domain,
  ...domainInterface,
  ...stats,
  ...network,
  ...storagePool,
  ...macAddress,
  ...changes,
  ...task,
} satisfies Omit<Resolvers, keyof typeof scalars>;

type AnyResolver = GraphQLFieldResolver<unknown, unknown>;
type FieldRule = AnyResolver | { readonly subscribe: AnyResolver; readonly resolve: AnyResolver };

/** The text of schema.graphql, or what `parse` made of it. */
export type SchemaSource = string | DocumentNode;

/** The schema with everything that answers it attached. A name that the text does not have is an error. */
export function createSchema(source: SchemaSource): GraphQLSchema {
  // The text is the package's own, and a test judges it: to judge it again took half of the time that this takes.
  const document = typeof source === 'string' ? parse(source, { noLocation: true }) : source;
  const schema = buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
  for (const [name, rule] of Object.entries(scalars)) attachScalar(schema, name, rule);
  for (const [name, fields] of Object.entries(resolvers)) {
    // graphql-js types a resolver by what it is given, which the generated types above have checked already.
    attachType(schema, name, fields as unknown as Readonly<Record<string, FieldRule>>);
  }
  return schema;
}

function attachScalar(schema: GraphQLSchema, name: string, rule: ScalarRule): void {
  const type = schema.getType(name);
  if (!isScalarType(type)) throw new Error(`schema.graphql has no scalar ${name}`);
  type.serialize = rule.serialize;
  type.parseValue = rule.parse;
  type.parseLiteral = (node, variables) => rule.parse(valueFromASTUntyped(node, variables));
}

function attachType(schema: GraphQLSchema, name: string, fields: Readonly<Record<string, FieldRule>>): void {
  const type = schema.getType(name);
  for (const [fieldName, rule] of Object.entries(fields)) {
    if (fieldName === '__resolveType' && isAbstractType(type) && typeof rule === 'function') {
      // Type names come from closed tables, so what is returned is a name.
      type.resolveType = rule as unknown as NonNullable<typeof type.resolveType>;
      continue;
    }
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (!field) throw new Error(`schema.graphql has no field ${name}.${fieldName}`);
    if (typeof rule === 'function') {
      field.resolve = rule;
    } else {
      field.resolve = rule.resolve;
      field.subscribe = rule.subscribe;
    }
  }
}
