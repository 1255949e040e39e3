import { type GraphQLLeafType, isEnumType } from 'graphql';
import type { AnswerBytes } from './answer-bytes.ts';
import { leaveToGraphql } from './leave-to-graphql.ts';
import { type Words, wordsOf } from './words.ts';

/** From values of GraphQL's leaf types to the text that `JSON.stringify` would make of what graphql-js makes of them. */

export type LeafWriter = (value: unknown, out: AnswerBytes) => void;

export const nullText = wordsOf('null');
const trueText = wordsOf('true');
const falseText = wordsOf('false');

/** `writeNull`: for what is null. One function for each type, since each is called for each field of each row. */
export function leafWriter(type: GraphQLLeafType, writeNull: (out: AnswerBytes) => void): LeafWriter {
  const other: LeafWriter = (value, out) => {
    if (value === null || value === undefined) writeNull(out);
    else writeSerialized(type.serialize(value), out);
  };
  if (isEnumType(type)) {
    // Names need no escaping.
    const texts = new Map<unknown, Words>(type.getValues().map(({ name, value }) => [value, wordsOf(`"${name}"`)]));
    return (value, out) => {
      const text = texts.get(value);
      if (text) out.raw(text);
      else other(value, out);
    };
  }
  switch (type.name) {
    case 'String':
    case 'ID':
    // They take any string as it is: `serializeString` of src/resolvers/scalars.ts.
    case 'UUID':
    case 'MacAddress':
    case 'Cursor':
      return (value, out) => {
        if (typeof value === 'string') out.quoted(value);
        else other(value, out);
      };
    case 'Boolean':
      return (value, out) => {
        if (typeof value === 'boolean') out.raw(value ? trueText : falseText);
        else other(value, out);
      };
    default:
      return other;
  }
}

function writeSerialized(serialized: unknown, out: AnswerBytes): void {
  if (typeof serialized === 'string') out.quoted(serialized);
  else if (typeof serialized === 'boolean') out.raw(serialized ? trueText : falseText);
  // Minus zero is 0 in JSON, and in the language's own text of it.
  else if (typeof serialized === 'number' && Number.isFinite(serialized)) out.ascii(String(serialized));
  else leaveToGraphql(serialized);
}
