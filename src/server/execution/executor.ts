import { type DocumentNode, type ExecutionArgs, type GraphQLSchema, getOperationAST, OperationTypeNode } from 'graphql';
import type { Context } from '../../resolvers/context.ts';
import { readValue } from './access.ts';
import { createFragmentStore } from './fragments.ts';
import { ignoreFailure, isPromiseLike } from './leave-to-graphql.ts';
import { makePlan, type Plan } from './plan.ts';
import { createRun, type Run } from './run.ts';
import { createSlabs, type SlabSizes } from './slabs.ts';
import { createTurns } from './turns.ts';
import { wordsOf } from './words.ts';
import { requireObject, type Walk } from './writers.ts';

/**
 * Answers questions about what is in memory faster than graphql-js, with the same text. It takes what it can vouch for,
 * see src/resolvers/sources.ts, and leaves all else to graphql-js: changes, what hosts are asked, and every answer that has
 * an error in it.
 */
export type Executor = {
  /**
   * The whole answer as JSON in UTF-8, with `end` behind it; in one piece or, where it is long, in several, made in as many
   * turns of the event loop. `null`: graphql-js is to make it. What was read until then has changed nothing, and will be
   * read again. Variables are such as JSON can say.
   */
  execute(args: ExecutionArgs, context: Context, end?: string): Promise<readonly Buffer[] | null>;
};

export type ExecutorLimits = {
  /** Held by texts that are kept with their records. */
  readonly keptBytes: number;
  /** What long answers may use of each turn of the event loop, together. */
  readonly turnMs: number;
  readonly slabs?: SlabSizes;
};

/** A text of 1,000 domains with all that is known of them is about two megabytes. */
const defaultLimits: ExecutorLimits = { keptBytes: 64 * 1024 * 1024, turnMs: 1 };

/** Of one document: a dashboard asks with few, a script that reads page after page with always other ones. */
const plansOfDocument = 20;
/** Longer ones are not looked for again. */
const longestVariables = 2_000;

export function createExecutor(
  schema: GraphQLSchema,
  now: () => number,
  { keptBytes, turnMs, slabs }: ExecutorLimits = defaultLimits,
): Executor {
  const fragments = createFragmentStore(keptBytes, createSlabs(slabs));
  const turns = createTurns(turnMs, now);
  const plans = new WeakMap<DocumentNode, Map<string, Plan | null>>();

  function planOf({ document, operationName, variableValues }: ExecutionArgs): Plan | null {
    const operation = getOperationAST(document, operationName);
    if (!operation || operation.operation === OperationTypeNode.MUTATION) return null;
    const variables = variableValues ?? {};
    const name = operation.variableDefinitions?.length ? JSON.stringify(variables) : '';
    const key = `${operationName ?? ''} ${name}`;
    let ofDocument = plans.get(document);
    if (!ofDocument) {
      ofDocument = new Map();
      plans.set(document, ofDocument);
    }
    let plan = ofDocument.get(key);
    if (plan === undefined) {
      turns.begin();
      plan = makePlan(schema, document, operation, variables);
      if (key.length > longestVariables) return plan;
    }
    ofDocument.delete(key);
    ofDocument.set(key, plan);
    const oldest = ofDocument.size > plansOfDocument ? ofDocument.keys().next() : null;
    if (oldest?.done === false) ofDocument.delete(oldest.value);
    return plan;
  }

  return {
    async execute(args, context, end = '') {
      let run: Run | null = null;
      try {
        const plan = planOf(args);
        if (!plan) return null;
        run = createRun(context, fragments, turns.isOver);
        const values = await readRoot(plan, args.rootValue, run);
        const walk = walkAnswer(plan, values, run);
        while (walk.next().done !== true) await turns.next();
        run.out.ascii(end);
        return run.out.finish();
      } catch {
        // What was written goes where the next one begins.
        run?.out.finish();
        // Whatever it was, graphql-js comes to the same, and says it as callers know it.
        return null;
      }
    },
  };
}

/** In order. Of the root's fields alone a promise is waited for. */
async function readRoot({ fields }: Plan, rootValue: unknown, run: Run): Promise<readonly unknown[]> {
  const root = rootValue === undefined || rootValue === null ? {} : requireObject(rootValue);
  const values: unknown[] = [];
  try {
    for (const { access } of fields) values.push(readValue(access, root, run));
  } catch (error) {
    for (const value of values) if (isPromiseLike(value)) ignoreFailure(value);
    throw error;
  }
  return values.some(isPromiseLike) ? Promise.all(values) : values;
}

const beforeData = wordsOf('{"data":{');
const afterData = wordsOf('}}');

function* walkAnswer({ fields }: Plan, values: readonly unknown[], run: Run): Walk {
  run.out.raw(beforeData);
  for (const [index, { lead, value }] of fields.entries()) {
    run.out.raw(lead);
    if (value.walk) yield* value.walk(values[index], run);
    else value.write(values[index], run);
  }
  run.out.raw(afterData);
}
