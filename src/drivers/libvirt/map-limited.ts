/** Maps with at most `limit` promises pending; the first failure ends it, and nothing new is begun. */
export async function mapLimited<T, R>(
  values: readonly T[],
  limit: number,
  transform: (value: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const rest = values.entries();
  let failed = false;
  const worker = async () => {
    // The workers share one iterator: each takes the next value that nobody has.
    for (const [index, value] of rest) {
      if (failed) return;
      try {
        results[index] = await transform(value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, values.length) }, worker));
  return results;
}
