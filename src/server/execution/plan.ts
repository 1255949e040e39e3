import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { recordTypes, type Source, sourceOf } from '../../resolvers/sources.ts';
import type { Access } from './access.ts';
import type { AnswerBytes } from './answer-bytes.ts';
import { collectFields, type Selecting } from './collect-fields.ts';
import { leafWriter, nullText } from './json-text.ts';
import { leaveToGraphql } from './leave-to-graphql.ts';
import { record } from './record-writer.ts';
import { wordsOf } from './words.ts';
import {
  abstract,
  type Field,
  type FieldWriter,
  leaf,
  list,
  object,
  type Writer,
  withLeads,
  withNull,
} from './writers.ts';

/**
 * An operation with its variables, made into functions that write its answer as text, without objects in between. They
 * write answers without errors; whatever else happens they throw.
 */
export type Plan = { readonly fields: readonly FieldWriter[] };

/** `null`: graphql-js is to do it. @throws what graphql-js throws for arguments that do not fit */
export function makePlan(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  rawVariables: Readonly<Record<string, unknown>>,
): Plan | null {
  const type = schema.getRootType(operation.operation);
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], rawVariables);
  if (!type || !coerced) return null;
  const fragments = new Map(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? ([[each.name.value, each]] as const) : [],
    ),
  );
  const fields = planFields({ schema, fragments, variables: coerced }, type, [operation.selectionSet]);
  return fields && { fields };
}

function planFields(
  selecting: Selecting,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): readonly FieldWriter[] | null {
  const fields: Field[] = [];
  for (const [key, nodes] of collectFields(selecting, type, sets)) {
    const field = planField(selecting, type, JSON.stringify(key), nodes);
    if (!field) return null;
    fields.push(field);
  }
  return withLeads(fields);
}

function planField(
  selecting: Selecting,
  type: GraphQLObjectType,
  key: string,
  nodes: readonly FieldNode[],
): Field | null {
  const [node] = nodes;
  if (!node) return null;
  const { value: name } = node.name;
  if (name === '__typename') {
    const text = wordsOf(JSON.stringify(type.name));
    const access = { name, resolve: () => type.name, args: null, isNarrow: true };
    const value = leaf((_name, out) => out.raw(text));
    return { key: `${key}:`, selection: `${key}:__typename`, access, ownSource: 'record', value };
  }
  const field = type.getFields()[name];
  // What is left are `__schema` and `__type`.
  const reader = field && planReader(selecting, type, field, node);
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  const value = reader && planValue(selecting, field.type, sets);
  if (!value) return null;
  const { args, access, ownSource } = reader;
  return { key: `${key}:`, selection: `${key}:${name}${args}${value.selection}`, access, ownSource, value };
}

type Reader = Pick<FieldWriter, 'access' | 'ownSource'> & {
  /** As text; empty for a field that takes none. */
  readonly args: string;
};

function planReader(
  { variables }: Selecting,
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
): Reader | null {
  const { name } = field;
  // graphql-js's own resolver, but that it would call what is a function: no leaf writer takes one.
  const property = { name, resolve: null, args: null, isNarrow: true };
  if (!field.resolve) return { access: property, ownSource: 'record', args: '' };
  const ownSource = sourceOf(type.name, name);
  if (!ownSource) return null;
  const args = getArgumentValues(field, node, variables);
  return {
    access: { name, resolve: field.resolve as Access['resolve'], args, isNarrow: isNarrow(ownSource) },
    ownSource,
    args: field.args.length > 0 ? textOfArgs(args) : '',
  };
}

function isNarrow(source: Source): boolean {
  return source === 'record' || source === 'tap';
}

function textOfArgs(args: unknown): string {
  return `(${JSON.stringify(args, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))})`;
}

function planValue(selecting: Selecting, type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Writer | null {
  const [present, writeNull] = isNonNullType(type) ? [type.ofType, refuseNull] : [type, putNull];
  if (isLeafType(present)) return leaf(leafWriter(present, writeNull));
  const writer = planPresent(selecting, present, sets);
  if (!writer) return null;
  // Rows refuse what is null by themselves.
  return { ...withNull(writer, writeNull), rows: isNonNullType(type) ? writer.rows : null };
}

function refuseNull(): never {
  return leaveToGraphql(null);
}

function putNull(out: AnswerBytes): void {
  out.raw(nullText);
}

function planPresent(selecting: Selecting, type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Writer | null {
  if (isListType(type)) {
    const item = planValue(selecting, type.ofType, sets);
    return item && list(item, sets.length > 0);
  }
  if (isObjectType(type)) return planObject(selecting, type, sets);
  if (!isAbstractType(type)) return null;
  const members = new Map<string, Writer>();
  for (const member of selecting.schema.getPossibleTypes(type)) {
    const writer = planObject(selecting, member, sets);
    if (!writer) return null;
    members.set(member.name, writer);
  }
  return abstract(type, members);
}

function planObject(selecting: Selecting, type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Writer | null {
  // Whether an object is one of a type, graphql-js is to ask.
  if (type.isTypeOf) return null;
  const fields = planFields(selecting, type, sets);
  if (!fields) return null;
  // Where all is skipped, nothing is left to keep.
  return recordTypes.has(type.name) && fields.length > 0 ? record(type.name, fields) : object(fields);
}
