import {
  buildSchema,
  type GraphQLNamedType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  parse,
  printSchema,
  validateSchema,
} from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { createSchema } from '../../src/resolvers/schema.ts';
import { readSdl } from '../support/gateway.ts';

let schema: ReturnType<typeof createSchema>;
let types: readonly GraphQLNamedType[];

beforeAll(async () => {
  schema = createSchema(await readSdl());
  types = Object.values(schema.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !(isScalarType(type) && isSpecifiedScalarType(type)),
  );
});

describe('the schema', () => {
  test('is right, which is not judged again at every start', async () => {
    expect(validateSchema(buildSchema(await readSdl()))).toEqual([]);
  });

  test('is the same from the document that the package has', async () => {
    const sdl = await readSdl();
    const document = JSON.parse(JSON.stringify(parse(sdl, { noLocation: true })));
    expect(printSchema(createSchema(document))).toBe(printSchema(createSchema(sdl)));
    expect(printSchema(createSchema(document))).toBe(printSchema(buildSchema(sdl)));
  });

  test('describes every type, field, argument and value', () => {
    const missing = types.flatMap((type) => [
      ...(type.description ? [] : [type.name]),
      ...partsOf(type)
        .filter((part) => !part.description)
        .map((part) => `${type.name}.${part.name}`),
    ]);
    expect(missing).toEqual([]);
  });

  test('has a resolver for every question, change and subscription', () => {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const fields = roots.flatMap((type) => Object.values(type?.getFields() ?? {}));
    expect(fields.length).toBeGreaterThan(25);
    expect(fields.filter((field) => !field.resolve).map((field) => field.name)).toEqual([]);
    const streams = Object.values(schema.getSubscriptionType()?.getFields() ?? {});
    expect(streams.filter((field) => !field.subscribe).map((field) => field.name)).toEqual([]);
  });

  test('knows the type of every member of an interface or union', () => {
    const abstract = types.filter((type) => isInterfaceType(type) || 'getTypes' in type);
    expect(abstract.map((type) => type.name).sort()).toEqual(['Change', 'Node']);
    for (const type of abstract) expect(type).toHaveProperty('resolveType', expect.any(Function));
  });

  test('can fail wherever something is asked of a host: such a field is nullable', () => {
    const asked = [
      'Host.nodeDevices',
      'HostCapabilities.guests',
      'Domain.stats',
      'Domain.jobs',
      'DomainInterface.addresses',
    ];
    const required = asked.filter((coordinate) => {
      const [typeName = '', fieldName = ''] = coordinate.split('.');
      const type = schema.getType(typeName);
      const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
      return String(field?.type ?? '!').endsWith('!');
    });
    expect(required).toEqual([]);
  });

  test('gives every mutation one argument, `input`', () => {
    const others = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(
      ({ args }) => args.length !== 1 || args[0]?.name !== 'input' || !isInputObjectType(getNamedType(args[0].type)),
    );
    expect(others.map((field) => field.name)).toEqual([]);
  });
});

function partsOf(type: GraphQLNamedType): readonly { readonly name: string; readonly description?: string | null }[] {
  if (isEnumType(type)) return type.getValues();
  if (isInputObjectType(type)) return Object.values(type.getFields());
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    field,
    ...field.args.map((arg) => ({ name: `${field.name}(${arg.name}:)`, description: arg.description })),
  ]);
}
