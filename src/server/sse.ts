import type { ServerResponse } from 'node:http';
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Clock } from '../clock.ts';
import { detach, type Log } from '../log.ts';
import type { OperationRequest, Operations } from './operations.ts';

/**
 * Server-sent events: GraphQL over one HTTP answer that goes on, in the "distinct connections" mode of the
 * graphql-sse protocol: `next` with a result each time, then `complete`. For `curl -N`, and for places that
 * WebSockets do not reach.
 *
 * Written here, since graphql-sse's own handler queues without bound for a reader that is slow: here the next result is
 * asked for when the last one has left.
 */
export type EventStreams = {
  /** Takes over `response`, and settles when it is over. */
  serve(request: OperationRequest, response: ServerResponse, allowed: readonly string[]): Promise<void>;
  readonly size: number;
  /** Ends them all without `complete`, so that clients come back. */
  end(): void;
};

/** Proxies drop what is silent for long; comments keep it. */
const keepaliveMs = 12_000;

export function createEventStreams(operations: Operations, clock: Clock, log: Log): EventStreams {
  const open = new Set<ServerResponse>();

  async function serve(request: OperationRequest, response: ServerResponse, allowed: readonly string[]): Promise<void> {
    open.add(response);
    // Writing to one who has just left is no mistake; 'close' says that he has.
    response.on('error', () => {});
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    const stopKeepalive = keepAlive(response, clock);
    try {
      const results = await start(operations, request, allowed);
      response.once('close', () => detach(log, 'ending an event stream', Promise.resolve(results.return?.())));
      // Also a browser that shows nothing before the first byte sees that the stream is open.
      if (!(await write(response, ':\n\n'))) {
        // Gone before there was a listener.
        await results.return?.();
        return;
      }
      for await (const result of results) {
        if (!(await write(response, event('next', operations.format(result))))) return;
      }
      await write(response, 'event: complete\ndata:\n\n');
    } catch (error) {
      const failure = new GraphQLError('', {
        originalError: error instanceof Error ? error : new Error(String(error)),
      });
      await write(response, event('next', { errors: operations.formatErrors([failure]) }));
    } finally {
      stopKeepalive();
      open.delete(response);
      response.end();
    }
  }

  return {
    serve,
    get size() {
      return open.size;
    },
    end() {
      for (const response of open) response.destroy();
    },
  };
}

/** What the request yields, as a stream also where it is one answer. */
async function start(
  operations: Operations,
  request: OperationRequest,
  allowed: readonly string[],
): Promise<AsyncIterableIterator<ExecutionResult>> {
  const prepared = operations.prepare(request);
  if (!('args' in prepared)) return once({ errors: prepared });
  if (!allowed.includes(prepared.type)) return once({ errors: [notThisWay(prepared.type)] });
  const outcome =
    prepared.type === 'subscription'
      ? await operations.subscribe(prepared.args)
      : await operations.execute(prepared.args);
  return Symbol.asyncIterator in outcome ? outcome : once(outcome);
}

async function* once(result: ExecutionResult): AsyncGenerator<ExecutionResult, void, undefined> {
  yield result;
}

function notThisWay(type: string): GraphQLError {
  return new GraphQLError(`A ${type} must be sent by POST.`);
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Settles when there is room for more; false when nobody is there to take it. */
function write(response: ServerResponse, text: string): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return Promise.resolve(false);
  if (response.write(text)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle);
      response.off('close', settle);
      resolve(!response.destroyed);
    };
    response.once('drain', settle);
    response.once('close', settle);
  });
}

function keepAlive(response: ServerResponse, clock: Clock): () => void {
  let stop = clock.after(keepaliveMs, beat);
  function beat() {
    // Behind a reader that does not read, one more comment would only pile up.
    if (!response.writableNeedDrain && !response.destroyed) response.write(':\n\n');
    stop = clock.after(keepaliveMs, beat);
  }
  return () => stop();
}
