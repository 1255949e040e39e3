import { hash } from 'node:crypto';
import type { GraphQLFieldResolver } from 'graphql';
import { sayingNotSent, VirtgraphError, withDetail } from '../errors.ts';
import { parseUuid } from '../model/brands.ts';
import type { Context } from './context.ts';
import type { IdCodec } from './ids.ts';

/** What every mutation is given; its input is the schema's to check. */
type Input = { readonly idempotencyKey?: string | null; readonly dryRun?: boolean };
type Resolver = GraphQLFieldResolver<unknown, Context, { input: Input }>;

/**
 * Mutations that do what they do once for each `idempotencyKey`, and whose errors name tasks by their node id. What a
 * mutation answers is kept as JSON, so it has to be plain. `tellsWhenSent`: they call `context.sending` in time.
 */
export function once<Fields extends Readonly<Record<string, unknown>>>(
  fields: Fields,
  { tellsWhenSent }: { readonly tellsWhenSent: boolean },
): Fields {
  const wrapped = Object.entries(fields).map(([name, resolver]) => [
    name,
    // Every field of the type Mutation is such a function; the schema's generated types have checked each.
    wrap(name, resolver as Resolver, tellsWhenSent),
  ]);
  // The same names, and functions of the same arguments and answers.
  return Object.fromEntries(wrapped) as Fields;
}

function wrap(name: string, resolver: Resolver, tellsWhenSent: boolean): Resolver {
  return async (root, args, context, info) => {
    const { idempotencyKey: key, ...input } = args.input;
    try {
      const work = async (told?: Context['sending']) => {
        let isSent = !tellsWhenSent;
        const sending: Context['sending'] = (plan) => {
          told?.(plan);
          isSent = true;
        };
        try {
          return await resolver(root, { input }, { ...context, sending }, info);
        } catch (error) {
          throw isSent ? error : sayingNotSent(error);
        }
      };
      if (typeof key !== 'string' || input.dryRun === true) return await work();
      return await context.fleet.answers.once({ key, fingerprint: fingerprintOf(name, input), tellsWhenSent }, work);
    } catch (error) {
      throw namingTask(error, context.ids);
    }
  };
}

/** The same for inputs that mean the same: the order of fields does not matter, nor does one that is null or absent. */
function fingerprintOf(name: string, input: unknown): string {
  return hash('sha256', `${name} ${canonical(input)}`, 'base64url');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const parts = Object.entries(value)
    .filter(([, part]) => part !== null && part !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`);
  return `{${parts.join()}}`;
}

/** The fleet knows tasks by their UUID, callers by their node id. */
function namingTask(error: unknown, ids: IdCodec): unknown {
  if (!(error instanceof VirtgraphError) || !error.detail.task) return error;
  const { task, host } = error.detail;
  const uuid = parseUuid(task.id);
  if (uuid === null || host === undefined) return error;
  const id = ids.encode({ kind: 'task', hostName: host, uuid });
  return withDetail(error, { task: { ...task, id } });
}
