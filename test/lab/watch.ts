import { request } from 'node:http';
import { createClient } from 'graphql-ws';
import { waitFor } from './wait.ts';

/** A running subscription and all that it has said. */
export interface Watch<T> {
  readonly seen: readonly T[];
  /** The first message after the one that was last waited for of which `matches` is true. */
  next(what: string, matches: (message: T) => boolean, timeoutMs?: number): Promise<T>;
  close(): Promise<void>;
}

export interface WatchRequest {
  readonly url: string;
  readonly token: string;
  readonly query: string;
  readonly variables: object;
}

/** As a browser or a program would: graphql-transport-ws, with the token in the first message. */
export function webSocket<T>({ url, token, query, variables }: WatchRequest): Watch<T> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const inbox = createInbox<T>();
  client.subscribe(
    { query, variables: { ...variables } },
    {
      next: (result) => inbox.put(result),
      error: (error) => inbox.fail(error),
      complete: () => inbox.fail('the subscription ended'),
    },
  );
  return inbox.watch(async () => client.dispose());
}

/** As `curl -N` would: server-sent events over plain HTTP. */
export function eventStream<T>({ url, token, query, variables }: WatchRequest): Watch<T> {
  const inbox = createInbox<T>();
  const headers = {
    accept: 'text/event-stream',
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
  };
  // Not by fetch, which opens a new connection in place of the one that is given up, and sends nothing on it.
  const call = request(`${url}/graphql`, { method: 'POST', headers, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^event: next\ndata: (.*)$/.exec(event)?.[1];
        if (data !== undefined) inbox.put(JSON.parse(data));
      }
    });
    response.on('close', () => inbox.fail(`the stream of status ${response.statusCode} ended`));
  });
  call.on('error', (error) => inbox.fail(error));
  call.end(JSON.stringify({ query, variables }));
  return inbox.watch(async () => {
    call.destroy();
  });
}

function createInbox<T>() {
  const seen: T[] = [];
  let failure: unknown = null;
  let position = 0;
  return {
    put(result: { readonly data?: unknown; readonly errors?: unknown }) {
      if (result.errors !== undefined || !result.data) failure ??= result.errors;
      // A subscription has one root field; T is what the query asked for in it.
      else seen.push(Object.values(result.data)[0] as T);
    },
    fail(error: unknown) {
      failure ??= error;
    },
    watch: (close: () => Promise<void>): Watch<T> => ({
      seen,
      async next(what, matches, timeoutMs) {
        const found = await waitFor(
          what,
          () => {
            const index = seen.findIndex((message, at) => at >= position && matches(message));
            if (index >= 0) return { index };
            if (failure !== null) throw new Error(`${what}: ${describe(failure)}`);
            return null;
          },
          timeoutMs,
        );
        position = found.index + 1;
        // The index was found in it.
        return seen[found.index] as T;
      },
      close,
    }),
  };
}

function describe(failure: unknown): string {
  return failure instanceof Error || typeof failure === 'string' ? String(failure) : JSON.stringify(failure);
}
