import type { DocumentNode } from 'graphql';
import type { HttpRequest } from './http-request.ts';

/** A question that has passed every check before, and was answered by text. */
export type KnownQuestion = {
  readonly document: DocumentNode;
  readonly operationName: string | null;
  /** Of its answer. */
  readonly headers: Iterable<readonly [string, string]>;
};

export type Question = {
  /** Equal ones are judged alike, whatever their variables are. */
  readonly key: string;
  readonly variables: Readonly<Record<string, unknown>>;
};

/** Those asked lately: dashboards and scripts ask the same few again and again. */
export type KnownQuestions = {
  find(question: Question): KnownQuestion | null;
  keep(question: Question, known: KnownQuestion): void;
};

const mostKnown = 200;
/** Longer ones are not looked for. */
const longestKey = 20_000;

export function createKnownQuestions(): KnownQuestions {
  /** The one asked least recently first. */
  const known = new Map<string, KnownQuestion>();
  return {
    find({ key }) {
      const found = known.get(key);
      if (!found) return null;
      known.delete(key);
      known.set(key, found);
      return found;
    },
    keep({ key }, question) {
      known.set(key, question);
      const oldest = known.size > mostKnown ? known.keys().next() : null;
      if (oldest?.done === false) known.delete(oldest.value);
    },
  };
}

/**
 * All of a request that decides whether it is answered, and how that is sent; `null`: it is not of the kind that most are.
 * What does not stand in the key is as it must be: no page of another site sends this type without being asked for it.
 */
export function questionOf({ method, headers, search, body }: HttpRequest): Question | null {
  const { 'content-type': type, accept = '' } = headers;
  if (method !== 'POST' || type !== 'application/json' || typeof accept !== 'string' || search !== '') return null;
  if (typeof body !== 'object' || body === null) return null;
  const { query, operationName = null, variables = null, ...others } = body as Readonly<Record<string, unknown>>;
  if (typeof query !== 'string' || query.length > longestKey || accept.length > longestKey) return null;
  if (operationName !== null && typeof operationName !== 'string') return null;
  if (typeof variables !== 'object' || Array.isArray(variables) || Object.keys(others).length > 0) return null;
  return {
    key: JSON.stringify([accept, operationName, query]),
    // JSON's objects have strings for keys.
    variables: (variables ?? {}) as Readonly<Record<string, unknown>>,
  };
}
