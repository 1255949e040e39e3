import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql';

/**
 * A selection of everything that `type` has, as deep as `depth`. Fields that need an argument are left out, and so are
 * those of `ignored` (as `Type.field`).
 */
export function everyField(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  depth: number,
  ignored: readonly string[] = [],
): string {
  if (isUnionType(type) || isInterfaceType(type)) {
    const members = schema.getPossibleTypes(type).map((member) => {
      const fields = everyField(schema, member, depth, ignored);
      return fields === '' ? '' : `... on ${member.name} { ${fields} }`;
    });
    return ['__typename', ...members].join(' ');
  }
  if (!isObjectType(type)) return '';
  const fields = Object.values(type.getFields()).filter(
    (field) => !field.args.some(isRequiredArgument) && !ignored.includes(`${type.name}.${field.name}`),
  );
  return fields.map((field) => select(schema, type.name, field, depth, ignored)).join(' ');
}

function select(
  schema: GraphQLSchema,
  typeName: string,
  field: GraphQLField<unknown, unknown>,
  depth: number,
  ignored: readonly string[],
): string {
  const type = getNamedType(field.type);
  const isLeaf = !isObjectType(type) && !isUnionType(type) && !isInterfaceType(type);
  // Fields of one name may have several types in the members of a union, so each is named after its own type.
  if (isLeaf) return `${typeName}_${field.name}: ${field.name}`;
  const inner = depth > 1 ? everyField(schema, type, depth - 1, ignored) : '';
  return inner === '' ? '' : `${typeName}_${field.name}: ${field.name} { ${inner} }`;
}
