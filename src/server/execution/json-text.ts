import { type GraphQLLeafType, isEnumType } from 'graphql';
import { leaveToGraphql } from './leave-to-graphql.ts';

/** From values of GraphQL's leaf types to the text that `JSON.stringify` would make of what graphql-js makes of them. */

/** What JSON writes otherwise than it stands; half a surrogate pair too. */
// oxlint-disable-next-line no-control-regex -- JSON may not have them as they are
const special = /["\\\u0000-\u001f\ud800-\udfff]/;

export function quote(text: string): string {
  return special.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** `writeNull`: for what is null. One function for each type, since each is called for each field of each row. */
export function leafWriter(type: GraphQLLeafType, writeNull: () => string): (value: unknown) => string {
  const other = (value: unknown) =>
    value === null || value === undefined ? writeNull() : textOf(type.serialize(value));
  if (isEnumType(type)) {
    // Names need no escaping.
    const texts = new Map<unknown, string>(type.getValues().map(({ name, value }) => [value, `"${name}"`]));
    return (value) => texts.get(value) ?? other(value);
  }
  switch (type.name) {
    case 'String':
    case 'ID':
    // They take any string as it is: `serializeString` of src/resolvers/scalars.ts.
    case 'UUID':
    case 'MacAddress':
    case 'Cursor':
      return (value) => (typeof value === 'string' ? quote(value) : other(value));
    case 'Boolean':
      return (value) => (value === true ? 'true' : value === false ? 'false' : other(value));
    default:
      return other;
  }
}

function textOf(serialized: unknown): string {
  if (typeof serialized === 'string') return quote(serialized);
  if (typeof serialized === 'boolean') return String(serialized);
  // Minus zero is 0 in JSON, and in the language's own text of it.
  if (typeof serialized === 'number' && Number.isFinite(serialized)) return String(serialized);
  return leaveToGraphql(serialized);
}
