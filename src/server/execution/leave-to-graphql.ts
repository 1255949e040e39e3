/**
 * Thrown where an answer is not simply written down: an error, a null that must not be, a promise. graphql-js then makes the
 * whole answer from the beginning, and says what went wrong and where.
 */
const left = new Error('left to graphql-js');

export function leaveToGraphql(value: unknown): never {
  if (isPromiseLike(value)) ignoreFailure(value);
  throw left;
}

/** Nobody waits for it any more: that it fails must not end the process. */
export function ignoreFailure(value: PromiseLike<unknown>): void {
  value.then(undefined, () => {});
}

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
