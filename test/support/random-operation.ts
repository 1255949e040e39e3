import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
} from 'graphql';

/** A whole number from 0 to `below` - 1. */
export type Dice = (below: number) => number;

export type RandomOperation = { readonly query: string; readonly variables: Readonly<Record<string, unknown>> };

export type Choices = {
  /** Texts of arguments, with their parentheses; by `Type.field`. One is chosen; fields that are not here get none. */
  readonly args: Readonly<Record<string, readonly string[]>>;
  /** Declarations of variables, and what each may be. */
  readonly variables: Readonly<Record<string, { readonly type: string; readonly values: readonly unknown[] }>>;
  readonly isWanted: (type: GraphQLObjectType, field: GraphQLField<unknown, unknown>) => boolean;
};

const deepest = 6;
const mostFields = 40;

/** Any valid operation: aliases, both kinds of fragments, fields selected twice, `@skip` and `@include`. */
export function randomOperation(
  schema: GraphQLSchema,
  root: GraphQLObjectType,
  kind: 'query' | 'subscription',
  { args, variables, isWanted }: Choices,
  dice: Dice,
): RandomOperation {
  const fragments: string[] = [];
  let left = mostFields;

  function selection(type: GraphQLCompositeType, depth: number): string {
    const parts = Array.from({ length: 1 + dice(5) }, () => (left-- > 0 ? part(type, depth + 1) : '__typename'));
    // Whatever the others come to, something is selected.
    return `{ ${[...parts, `last: __typename${directive()}`].join(' ')} }`;
  }

  function part(type: GraphQLCompositeType, depth: number): string {
    const members = isObjectType(type) ? [type] : schema.getPossibleTypes(type);
    const member = members[dice(members.length)];
    if (!member) throw new Error(`${type.name} has no members`);
    switch (dice(8)) {
      case 0:
        return `...${directive()} ${selection(type, depth)}`;
      case 1:
        return `... on ${member.name}${directive()} ${selection(member, depth)}`;
      case 2: {
        const name = `F${fragments.length}`;
        // Its place, before the fragments inside of it take theirs.
        fragments.push('');
        fragments[Number(name.slice(1))] = `fragment ${name} on ${member.name} ${selection(member, depth)}`;
        return `...${name}${directive()}`;
      }
      default:
        return member === type ? field(member, depth) : `... on ${member.name} { ${field(member, depth)} }`;
    }
  }

  function field(type: GraphQLObjectType, depth: number): string {
    const fields = Object.values(type.getFields()).filter((each) => isWanted(type, each));
    const chosen = fields[dice(fields.length)];
    if (!chosen) return '__typename';
    const below = getNamedType(chosen.type);
    if (isCompositeType(below) && depth >= deepest) return '__typename';
    const texts = args[`${type.name}.${chosen.name}`] ?? [''];
    const argument = dice(texts.length);
    // Named after all that makes it what it is, so that fields of one key can always be merged.
    const plain = argument === 0 && isObjectType(type) && dice(2) === 0 && texts.length === 1;
    const key = plain ? `${type.name}_${chosen.name}` : `${type.name}_${chosen.name}_${argument}`;
    const sub = isCompositeType(below) ? ` ${selection(below, depth)}` : '';
    return `${key}: ${chosen.name}${texts[argument] ?? ''}${directive()}${sub}`;
  }

  function directive(): string {
    if (dice(6) > 0) return '';
    const name = dice(2) === 0 ? 'skip' : 'include';
    return ` @${name}(if: ${['true', 'false', '$yes', '$no'][dice(4)]})`;
  }

  const body = selection(root, 0);
  const rest = fragments.join(' ');
  const all = { yes: { type: 'Boolean = true' }, no: { type: 'Boolean = false' }, ...variables };
  const declared = Object.entries(all).flatMap(([name, { type }]) =>
    `${body}${rest}`.includes(`$${name}`) ? [`$${name}: ${type}`] : [],
  );
  const head = declared.length > 0 ? `(${declared.join(', ')})` : '';
  const query = `${kind} Random${head} ${body} ${rest}`;
  const given = Object.entries(variables).flatMap(([name, { values }]) => {
    const value = values[dice(values.length)];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { query, variables: Object.fromEntries(given) };
}
