import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, specifiedRules, validate } from 'graphql';
import { createLimitRules, type RequestLimits } from './limits.ts';

/** From a text to a document that may be executed, or to the errors that say why not. */
export type Documents = {
  prepare(text: string): DocumentNode | readonly GraphQLError[];
};

/** Dashboards send the same few texts from every socket; each costs one parse, and one copy in memory. */
const cachedDocuments = 500;

/** For what does not pass through Apollo: sockets and event streams. The rules are those that Apollo is given. */
export function createDocuments(schema: GraphQLSchema, limits: RequestLimits): Documents {
  const limitRules = createLimitRules(limits);
  const cache = new Map<string, DocumentNode>();

  function read(text: string): DocumentNode | readonly GraphQLError[] {
    let document: DocumentNode;
    try {
      document = parse(text, { maxTokens: limits.queryTokens });
    } catch (error) {
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
    // The limits alone first: graphql-js's rules are costly on what they would refuse.
    const excess = validate(schema, document, limitRules);
    if (excess.length > 0) return excess;
    const errors = validate(schema, document, specifiedRules);
    return errors.length > 0 ? errors : document;
  }

  return {
    prepare(text) {
      const prepared = cache.get(text) ?? read(text);
      if (!('kind' in prepared)) return prepared;
      // Put at the end, so that the one used least recently is at the front.
      cache.delete(text);
      cache.set(text, prepared);
      const oldest = cache.size > cachedDocuments ? cache.keys().next() : null;
      if (oldest?.done === false) cache.delete(oldest.value);
      return prepared;
    },
  };
}
