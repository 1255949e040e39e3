/** Asks for long answers, one after the other, in a thread of its own: who measures must not be held up by their bytes. */
import { parentPort, workerData } from 'node:worker_threads';
import { openAsker } from './ask.ts';

export type AskingOptions = {
  readonly url: string;
  /** `%` in it becomes another number each time, so that no such answer was ever made before. */
  readonly query: string;
  readonly answers: number;
};

export type LongAnswer = { readonly ms: number; readonly bytes: number };

const { url, query, answers }: AskingOptions = workerData;
const asker = openAsker(url);
const taken: LongAnswer[] = [];
for (let index = 0; index < answers; index++) {
  const number = String(Math.floor(performance.timeOrigin + performance.now()));
  const { ms, bytes } = await asker.ask(JSON.stringify({ query: query.replaceAll('%', number) }));
  if (!bytes.toString('utf8', 0, 9).startsWith('{"data":{')) throw new Error(bytes.toString('utf8', 0, 300));
  taken.push({ ms, bytes: bytes.length });
}
asker.close();
parentPort?.postMessage(taken);
