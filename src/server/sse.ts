import type { ServerResponse } from 'node:http';
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Clock } from '../clock.ts';
import { detach, type Log } from '../log.ts';
import { createInFlight, type InFlight } from './in-flight.ts';
import type { OperationRequest, Operations } from './operations.ts';
import { sendOff } from './send-off.ts';

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
  /**
   * Ends them all in the course of `spreadMs`, without `complete`, so that clients come back. One that waits for the
   * answer to a query or mutation is ended after it, but not later than `patience` is aborted.
   */
  close(spreadMs: number, patience: AbortSignal): Promise<void>;
};

/** Proxies drop what is silent for long; comments keep it. */
const keepaliveMs = 15_000;
/**
 * An event stream hears nothing from its reader, but the reader's system answers TCP's own probes: the first after so
 * much silence, then one a second, and after ten without an answer the connection is over (Node's constants). That is
 * before the next comment or bookmark, which would have TCP wait for its receipt for a quarter of an hour instead.
 */
const probeAfterMs = 3_000;
/** A reader who makes no room at all for so long is gone, or as good as gone. */
const stuckMs = 60_000;

export function createEventStreams(operations: Operations, clock: Clock, log: Log): EventStreams {
  /** With what is under way on each, unless it is a subscription. */
  const open = new Map<ServerResponse, InFlight>();

  async function serve(request: OperationRequest, response: ServerResponse, allowed: readonly string[]): Promise<void> {
    const answers = createInFlight();
    const over = Promise.withResolvers<void>();
    open.set(response, answers);
    // Writing to one who has just left is no mistake; 'close' says that he has.
    response.on('error', () => {});
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    response.socket?.setKeepAlive(true, probeAfterMs);
    const stopKeepalive = keepAlive(response, clock);
    const write = (text: string) => writeWithin(stuckMs, response, text, clock);
    try {
      const prepared = operations.prepare(request);
      if ('args' in prepared && prepared.type !== 'subscription') void answers.track(over.promise);
      const results = await start(operations, prepared, allowed);
      response.once('close', () => detach(log, 'ending an event stream', Promise.resolve(results.return?.())));
      // Also a browser that shows nothing before the first byte sees that the stream is open.
      if (!(await write(':\n\n'))) {
        // Gone before there was a listener.
        await results.return?.();
        return;
      }
      for await (const result of results) {
        if (!(await write(event('next', operations.format(result))))) return;
      }
      await write('event: complete\ndata:\n\n');
    } catch (error) {
      const failure = new GraphQLError('', {
        originalError: error instanceof Error ? error : new Error(String(error)),
      });
      await write(event('next', { errors: operations.formatErrors([failure]) }));
    } finally {
      stopKeepalive();
      open.delete(response);
      response.end();
      over.resolve();
    }
  }

  return {
    serve,
    get size() {
      return open.size;
    },
    close: (spreadMs, patience) =>
      sendOff([...open], spreadMs, clock, async ([response, answers]) => {
        await answers.finished(patience);
        // To the end, where an answer has just been given.
        if (!response.writableEnded) response.destroy();
      }),
  };
}

/** What the request yields, as a stream also where it is one answer. */
async function start(
  operations: Operations,
  prepared: ReturnType<Operations['prepare']>,
  allowed: readonly string[],
): Promise<AsyncIterableIterator<ExecutionResult>> {
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

/** Settles when there is room for more; false when nobody is there to take it, or nothing was taken for `limitMs`. */
function writeWithin(limitMs: number, response: ServerResponse, text: string, clock: Clock): Promise<boolean> {
  if (response.destroyed || response.writableEnded) return Promise.resolve(false);
  if (response.write(text)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const stopWaiting = clock.after(limitMs, () => response.destroy());
    const settle = () => {
      stopWaiting();
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
