import { VirtgraphError } from '../errors.ts';
import type { Context } from './context.ts';
import { findObject, type NodeObject } from './ids.ts';
import type { QueryResolvers } from './schema.gen.ts';

const maxIds = 100;

export const nodeQueries = {
  node: (_root, { id }, context) => find(id, context),
  nodes(_root, { ids }, context) {
    if (ids.length > maxIds) {
      throw new VirtgraphError('BAD_USER_INPUT', `Expected at most ${maxIds} ids, saw ${ids.length}.`);
    }
    return ids.map((id) => find(id, context));
  },
} satisfies QueryResolvers;

/** An id that cannot be read is the error of its own place in the list, so it is returned and not thrown. */
function find(id: string, { ids, fleet }: Context): NodeObject | null | Promise<never> {
  try {
    return findObject(fleet, ids.decode(id));
  } catch (error) {
    return Promise.reject(error);
  }
}
