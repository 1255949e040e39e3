import { type GraphQLLeafType, isEnumType } from 'graphql';
import { leaveToGraphql } from './leave-to-graphql.ts';

/** From values of GraphQL's leaf types to the text that `JSON.stringify` would make of what graphql-js makes of them. */

/** What JSON writes otherwise than it stands; half a surrogate pair too. */
// oxlint-disable-next-line no-control-regex -- JSON may not have them as they are
const special = /["\\\u0000-\u001f\ud800-\udfff]/;

export function quote(text: string): string {
  return special.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** The value is not `null`. */
export type WriteLeaf = (value: unknown) => string;

export function leafWriter(type: GraphQLLeafType): WriteLeaf {
  if (isEnumType(type)) return enumWriter(type);
  const serialize = (value: unknown) => textOf(type.serialize(value));
  switch (type.name) {
    case 'String':
    case 'ID':
      return (value) => (typeof value === 'string' ? quote(value) : serialize(value));
    case 'Boolean':
      return (value) => (value === true ? 'true' : value === false ? 'false' : serialize(value));
    default:
      return serialize;
  }
}

function enumWriter(type: Extract<GraphQLLeafType, { getValues: unknown }>): WriteLeaf {
  // Names need no escaping.
  const texts = new Map<unknown, string>(type.getValues().map(({ name, value }) => [value, `"${name}"`]));
  return (value) => texts.get(value) ?? textOf(type.serialize(value));
}

function textOf(serialized: unknown): string {
  if (typeof serialized === 'string') return quote(serialized);
  if (typeof serialized === 'boolean') return String(serialized);
  // Minus zero is 0 in JSON, and in the language's own text of it.
  if (typeof serialized === 'number' && Number.isFinite(serialized)) return String(serialized);
  return leaveToGraphql(serialized);
}
