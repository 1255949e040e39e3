import { rawJsonSchema } from './schema.ts';

/** As much of JSON Schema as our own schema uses. */
export type JsonSchema = {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
};

/** One key of virtgraph.yaml. */
export type ConfigKey = {
  /** Such as `listen.port`, `hosts[].uri`, `hosts[].labels.<name>`. */
  readonly path: string;
  readonly description: string;
  /** `undefined` where there is none. */
  readonly default: unknown;
  readonly required: boolean;
};

/** JSON Schema of virtgraph.yaml, for editors. */
export function configJsonSchema(): JsonSchema {
  // zod's output is JSON Schema by its own contract; the type above names the keywords that we read from it.
  const { $schema, ...schema } = rawJsonSchema() as JsonSchema;
  return {
    $schema: $schema ?? '',
    title: 'virtgraph.yaml',
    description: 'Configuration of the virtgraph gateway.',
    ...schema,
  };
}

/** Every key, in the order of the schema; a list or mapping before what is in it. */
export function configKeys(): readonly ConfigKey[] {
  return keysOf(configJsonSchema(), '');
}

/** The keys that may stand in the mapping at `path`; none where it is no mapping or its keys are free. */
export function keysAt(path: readonly (string | number)[]): readonly string[] {
  let schemas: readonly JsonSchema[] = [configJsonSchema()];
  for (const part of path) schemas = schemas.flatMap(choices).flatMap((schema) => childOf(schema, part));
  return [...new Set(schemas.flatMap(choices).flatMap(({ properties }) => Object.keys(properties ?? {})))];
}

function keysOf(schema: JsonSchema, path: string): readonly ConfigKey[] {
  return choices(schema).flatMap((choice) => [
    ...Object.entries(choice.properties ?? {}).flatMap(([name, child]) => {
      const childPath = path === '' ? name : `${path}.${name}`;
      const required = choice.required?.includes(name) ?? false;
      const key = { path: childPath, description: child.description ?? '', default: plainDefault(child), required };
      return [key, ...keysOf(child, childPath)];
    }),
    ...(choice.items ? keysOf(choice.items, `${path}[]`) : []),
    ...(typeof choice.additionalProperties === 'object' ? keysOf(choice.additionalProperties, `${path}.<name>`) : []),
  ]);
}

/** Of a mapping that has keys of its own, the defaults are theirs. */
function plainDefault(schema: JsonSchema): unknown {
  return schema.properties === undefined ? schema.default : undefined;
}

function choices(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf?.flatMap(choices) ?? [schema];
}

function childOf(schema: JsonSchema, part: string | number): readonly JsonSchema[] {
  if (typeof part === 'number') return schema.items ? [schema.items] : [];
  const named =
    schema.properties !== undefined && Object.hasOwn(schema.properties, part) ? schema.properties[part] : null;
  if (named) return [named];
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
}
