import { hash } from 'node:crypto';
import { Agent, request } from 'node:http';

/** A client that keeps its connections, and does no more with an answer than to take its bytes. */
export type Asker = {
  /** `ms`: from the question to the last byte of the answer. */
  ask(body: string): Promise<{ readonly ms: number; readonly bytes: Buffer }>;
  close(): void;
};

/** One who asks more at once than there are connections waits for one. */
export function openAsker(url: string, connections = 1): Asker {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const headers = { 'content-type': 'application/json' };
  return {
    ask(body) {
      const { promise, resolve, reject } = Promise.withResolvers<{ ms: number; bytes: Buffer }>();
      const startedAt = performance.now();
      const sent = request(url, { agent, method: 'POST', headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.once('end', () => resolve({ ms: performance.now() - startedAt, bytes: Buffer.concat(chunks) }));
        response.once('error', reject);
      });
      sent.once('error', reject);
      sent.end(body);
      return promise;
    },
    close: () => agent.destroy(),
  };
}

/** What it says, whatever stands behind its end. @throws for an answer with errors */
export function digestOf(answer: Buffer): string {
  const text = answer.toString().trimEnd();
  if (!text.startsWith('{"data":{')) throw new Error(`Expected an answer without errors, saw ${text.slice(0, 300)}`);
  return hash('sha256', text);
}
