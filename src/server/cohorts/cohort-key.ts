import {
  type ArgumentNode,
  type DocumentNode,
  type ExecutionArgs,
  getOperationAST,
  getVariableValues,
  print,
  visit,
} from 'graphql';
import { startArguments } from '../../resolvers/changes.ts';

type Asked = {
  /** The document as graphql-js prints it: without comments, and however it was indented. */
  readonly text: string;
  /** The variables that change what is told, and not only from where on. */
  readonly telling: ReadonlySet<string>;
};

const known = new WeakMap<DocumentNode, Asked>();

/**
 * Two subscriptions of the same key are told the same from the moment at which they have heard everything: the document,
 * the operation in it, and the variables as the schema reads them. There is one token, which opens everything; what
 * rights a caller has would be part of the key, as far as they change what he is told.
 */
export function cohortKey({ schema, document, operationName, variableValues }: ExecutionArgs): string | null {
  const operation = getOperationAST(document, operationName);
  const { coerced } = getVariableValues(schema, operation?.variableDefinitions ?? [], variableValues ?? {});
  if (coerced === undefined) return null;
  const { text, telling } = askedBy(document);
  const values = Object.entries(coerced).filter(([name]) => telling.has(name));
  return JSON.stringify([text, operationName ?? null, values], (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

function askedBy(document: DocumentNode): Asked {
  let asked = known.get(document);
  if (!asked) {
    asked = { text: print(document), telling: tellingVariables(document) };
    known.set(document, asked);
  }
  return asked;
}

function tellingVariables(document: DocumentNode): ReadonlySet<string> {
  const found = new Set<string>();
  const starting = new Set<ArgumentNode>();
  visit(document, {
    VariableDefinition: () => false,
    Field({ name, arguments: all = [] }) {
      const start = startArguments.get(name.value);
      for (const argument of all) if (start?.has(argument.name.value)) starting.add(argument);
    },
    Argument: (argument) => (starting.has(argument) ? false : undefined),
    Variable({ name }) {
      found.add(name.value);
    },
  });
  return found;
}
