import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
  visit,
} from 'graphql';

/** Bounds of every request, the same over HTTP, WebSocket and server-sent events; `limits` of the configuration. */
export type RequestLimits = {
  readonly bodyBytes: number;
  readonly queryTokens: number;
  readonly queryDepth: number;
  readonly queryAliases: number;
  readonly queryRootFields: number;
  /** WebSockets and event streams at once. */
  readonly sockets: number;
  readonly subscriptionsPerSocket: number;
  readonly socketMessageBytes: number;
};

/** Bounds that nobody has a reason to move. */
const fixed = {
  /** Fields as they are executed: a fragment counts wherever it is spread. */
  fields: 5000,
  /** Pages (`first`) inside pages: their sizes multiply. */
  nestedPages: 2,
  fragments: 100,
  directives: 50,
};

/** Wrong variables: more than so many are not listed. */
export const maxCoercionErrors = 20;

/** The fields that take `first`. One without it has the default page. */
const pagedFields = new Set(['hosts', 'domains', 'changesSince']);

/** To run before graphql-js's own rules, which bound nothing. The number of tokens is bounded by its parser. */
export function createLimitRules(limits: RequestLimits): readonly ValidationRule[] {
  return [
    rule((document) => {
      const { depth, fields, nestedPages } = measure(document);
      if (depth > limits.queryDepth) return tooMuch(`nests ${depth} levels deep`, limits.queryDepth);
      if (nestedPages > fixed.nestedPages) return tooMuch(`nests ${nestedPages} pages`, fixed.nestedPages);
      return fields > fixed.fields ? tooMuch(`selects ${fields} fields`, fixed.fields) : null;
    }),
    rule((document) => {
      const { aliases, directives } = count(document);
      if (aliases > limits.queryAliases) return tooMuch(`has ${aliases} aliases`, limits.queryAliases);
      return directives > fixed.directives ? tooMuch(`has ${directives} directives`, fixed.directives) : null;
    }),
    rule((document) => {
      const rootFields = Math.max(0, ...operationsOf(document).map((each) => each.selectionSet.selections.length));
      return rootFields > limits.queryRootFields
        ? tooMuch(`asks for ${rootFields} fields at its root`, limits.queryRootFields)
        : null;
    }),
    rule((document) => {
      const fragments = fragmentsOf(document).length;
      return fragments > fixed.fragments ? tooMuch(`has ${fragments} fragments`, fixed.fragments) : null;
    }),
  ];
}

/** Its code tells `format-error.ts` what it is. */
export function limitError(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } });
}

function tooMuch(what: string, most: number): GraphQLError {
  return limitError(`The document ${what}; at most ${most} are allowed.`);
}

function rule(check: (document: DocumentNode) => GraphQLError | null): ValidationRule {
  return (context: ValidationContext): ASTVisitor => ({
    Document(document) {
      const error = check(document);
      if (error) context.reportError(error);
    },
  });
}

type Extent = { readonly depth: number; readonly fields: number; readonly nestedPages: number };

const nothing: Extent = { depth: 0, fields: 0, nestedPages: 0 };

/** What is executed, so through fragments: a short text of them can mean a great deal. */
function measure(document: DocumentNode): Extent {
  const fragments = new Map(fragmentsOf(document).map((fragment) => [fragment.name.value, fragment]));
  const known = new Map<string, Extent>();

  function ofSet(set: SelectionSetNode | undefined): Extent {
    return (set?.selections ?? []).map(ofSelection).reduce(sum, nothing);
  }

  function ofSelection(selection: SelectionNode): Extent {
    switch (selection.kind) {
      case Kind.INLINE_FRAGMENT:
        return ofSet(selection.selectionSet);
      case Kind.FRAGMENT_SPREAD:
        return ofFragment(selection.name.value);
      case Kind.FIELD:
        return ofField(selection);
      default:
        return selection satisfies never;
    }
  }

  function ofField({ name, selectionSet }: FieldNode): Extent {
    // Introspection nests deep by nature (`ofType`), and what it reads is small and fixed.
    if (name.value.startsWith('__')) return { depth: 1, fields: 1, nestedPages: 0 };
    const { depth, fields, nestedPages } = ofSet(selectionSet);
    const ownPage = pagedFields.has(name.value) ? 1 : 0;
    return { depth: depth + 1, fields: fields + 1, nestedPages: nestedPages + ownPage };
  }

  /** One that spreads itself is refused by graphql-js's own rule; here it counts as nothing the second time. */
  function ofFragment(name: string): Extent {
    const extent = known.get(name);
    if (extent) return extent;
    known.set(name, nothing);
    const found = ofSet(fragments.get(name)?.selectionSet);
    known.set(name, found);
    return found;
  }

  return operationsOf(document)
    .map((each) => ofSet(each.selectionSet))
    .reduce(sum, nothing);
}

function sum(a: Extent, b: Extent): Extent {
  return {
    depth: Math.max(a.depth, b.depth),
    fields: a.fields + b.fields,
    nestedPages: Math.max(a.nestedPages, b.nestedPages),
  };
}

function count(document: DocumentNode): { readonly aliases: number; readonly directives: number } {
  let aliases = 0;
  let directives = 0;
  visit(document, {
    Field({ alias }) {
      if (alias) aliases++;
    },
    Directive() {
      directives++;
    },
  });
  return { aliases, directives };
}

function fragmentsOf(document: DocumentNode): readonly FragmentDefinitionNode[] {
  return document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
}

function operationsOf(document: DocumentNode) {
  return document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
}
