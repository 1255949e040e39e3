import type { ServerResponse } from 'node:http';
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Clock } from '../../clock.ts';
import type { Cohorts, Subscription } from '../cohorts/cohorts.ts';
import { eventFraming } from '../cohorts/framing.ts';
import type { Outlet, Written } from '../cohorts/outlets.ts';
import { createInFlight, type InFlight } from '../in-flight.ts';
import type { OperationRequest, Operations } from '../operations.ts';
import { sendOff } from './send-off.ts';

/**
 * Server-sent events: GraphQL over one HTTP answer that goes on, in the "distinct connections" mode of the
 * graphql-sse protocol: `next` with a result each time, then `complete`. For `curl -N`, and for places that
 * WebSockets do not reach.
 *
 * Written here, since graphql-sse's own handler queues without bound for a reader that is slow: here no
 * result is asked for while the last ones have not left.
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

export function createEventStreams(operations: Operations, cohorts: Cohorts, clock: Clock): EventStreams {
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
    const write = (text: string | Buffer) => writeWithin(stuckMs, response, text, clock);
    try {
      const prepared = operations.prepare(request);
      if ('args' in prepared && prepared.type !== 'subscription') void answers.track(over.promise);
      // Also a browser that shows nothing before the first byte sees that the stream is open.
      if (!(await write(':\n\n'))) return;
      const outcome = await begin(prepared, allowed);
      if ('start' in outcome) {
        if (!(await tell(outcome, response))) return;
      } else if (!(await write(nextEvent(outcome, operations)))) return;
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

  /** What the request yields. */
  async function begin(
    prepared: ReturnType<Operations['prepare']>,
    allowed: readonly string[],
  ): Promise<ExecutionResult | Buffer | Subscription> {
    if (!('args' in prepared)) return { errors: prepared };
    if (!allowed.includes(prepared.type)) return { errors: [notThisWay(prepared.type)] };
    return prepared.type === 'subscription' ? cohorts.prepare(prepared.args) : operations.execute(prepared.args);
  }

  /** Settles with true at the end of the subscription, with false when its reader has left. @throws what it failed with */
  async function tell(subscription: Subscription, response: ServerResponse): Promise<boolean> {
    if (response.destroyed) {
      subscription.drop();
      return false;
    }
    const { promise: over, resolve, reject } = Promise.withResolvers<boolean>();
    const outlet = openOutlet(response, cohorts, clock);
    const stop = subscription.start({
      outlet,
      prefix: '',
      end: () => resolve(true),
      fail: reject,
    });
    response.once('close', () => {
      stop();
      resolve(false);
    });
    try {
      return await over;
    } finally {
      outlet.flush();
      outlet.close();
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

function notThisWay(type: string): GraphQLError {
  return new GraphQLError(`A ${type} must be sent by POST.`);
}

/** Who makes no room at all for `stuckMs` is cut off. */
function openOutlet(response: ServerResponse, { outlets }: Cohorts, clock: Clock): Outlet {
  let stopWaiting: (() => void) | null = null;
  const settle = () => {
    stopWaiting?.();
    stopWaiting = null;
  };
  response.once('close', settle);
  response.on('drain', () => {
    settle();
    outlet.drained();
  });
  const write = (bytes: Buffer): Written => {
    if (response.destroyed || response.writableEnded || response.write(bytes)) return 'KEPT';
    stopWaiting ??= clock.after(stuckMs, () => response.destroy());
    return 'FULL';
  };
  const outlet = outlets.open(eventFraming, { write, writePieces: (pieces) => write(Buffer.concat(pieces)) });
  return outlet;
}

function nextEvent(answer: ExecutionResult | Buffer, operations: Operations): string | Buffer {
  if (!Buffer.isBuffer(answer)) return event('next', operations.format(answer));
  const bytes = Buffer.allocUnsafe(eventFraming.size('', answer));
  eventFraming.write(bytes, 0, '', answer);
  return bytes;
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Settles when there is room for more; false when nobody is there to take it, or nothing was taken for `limitMs`. */
function writeWithin(limitMs: number, response: ServerResponse, text: string | Buffer, clock: Clock): Promise<boolean> {
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
