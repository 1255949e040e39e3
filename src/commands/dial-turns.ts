/**
 * Lets hosts be dialled one in each turn of the event loop, and none before `begin`: however many there are, requests are
 * welcome before the first is dialled, and answers come in between.
 */
export function createDialTurns(begin: Promise<void>): () => Promise<void> {
  let last = begin;
  return () => {
    last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return last;
  };
}
