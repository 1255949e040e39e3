/** The wait ends with the signal; what is waited for goes on, for others who wait for it too. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return Promise.race([aborted, work]).finally(() => signal.removeEventListener('abort', onAbort));
}
