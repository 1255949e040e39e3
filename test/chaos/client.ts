import type { Random } from '../../src/drivers/libvirt/sim/random.ts';
import type { ChangeBook } from './change-book.ts';
import { between } from './choose.ts';
import { createFold, type Fold } from './fold.ts';
import {
  type ChangeMessage,
  changesSinceQuery,
  cursorQuery,
  type EverythingAnswer,
  everythingQuery,
  objectsOf,
} from './messages.ts';
import { pause } from './pause.ts';
import type { RunRecord } from './record.ts';
import { subscribe } from './subscribe.ts';

/** One who keeps a picture of the fleet, whatever happens to the connection. */
export type ChaosClient = {
  readonly name: string;
  /** It watches this host alone; null: all of them. */
  readonly host: string | null;
  readonly fold: Fold;
  /** From now on it leaves only when it must. */
  calm(): void;
  close(): Promise<void>;
};

export type ClientOptions = {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  readonly random: Random;
  readonly record: RunRecord;
  readonly book: ChangeBook;
};

export type StreamClientOptions = ClientOptions & {
  readonly transport: 'websocket' | 'event stream';
  readonly query: string;
  readonly host?: string;
  /** How long it stays before it leaves by itself, and how long it stays away, in milliseconds; null: it never leaves. */
  readonly visits: { readonly stay: readonly [number, number]; readonly away: readonly [number, number] } | null;
};

/** Bookmarks come at least every 18 s: after more silence than that the way is dead, whatever TCP says. */
const silenceMs = 25_000;

export function openStreamClient(options: StreamClientOptions): ChaosClient {
  const { name, random, record, book, host = null, visits } = options;
  const over = new AbortController();
  const hurry = new AbortController();
  const fold = foldOf(options, host);

  async function live() {
    while (!over.signal.aborted) {
      const why = await visit();
      if (over.signal.aborted) return;
      record.note({ kind: 'client', who: name, text: `left: ${why}` });
      const [least, most] = why === planned && visits !== null ? visits.away : [50, 800];
      const signal = AbortSignal.any([over.signal, hurry.signal]);
      await pause(
        hurry.signal.aborted ? 200 : between(random, least, most),
        hurry.signal.aborted ? over.signal : signal,
      );
    }
  }

  /** One connection, from the last cursor. Returns why it ended. */
  async function visit(): Promise<string> {
    const { promise: ended, resolve: end } = Promise.withResolvers<string>();
    const leaving = new AbortController();
    let heardAt = performance.now();
    fold.begin();
    const filter = host === null ? null : { hosts: [host] };
    const breakOff = subscribe({
      transport: options.transport,
      url: options.url,
      token: options.token,
      query: options.query,
      variables: { after: fold.cursor, filter },
      onMessage(message) {
        heardAt = performance.now();
        hear(name, fold, book, message);
      },
      onEnd: end,
    });
    const signal = AbortSignal.any([over.signal, leaving.signal]);
    void watchSilence(signal, () => heardAt).then(end);
    if (visits !== null && !hurry.signal.aborted) {
      const stay = AbortSignal.any([signal, hurry.signal]);
      void pause(between(random, ...visits.stay), stay).then((isOver) => isOver && end(planned));
    }
    over.signal.addEventListener('abort', () => end('the run is over'), { once: true });
    try {
      return await ended;
    } finally {
      leaving.abort();
      breakOff();
    }
  }

  const living = live();
  return {
    name,
    host,
    fold,
    calm: () => hurry.abort(),
    async close() {
      over.abort();
      await living;
    },
  };
}

const planned = 'it wanted to';

async function watchSilence(signal: AbortSignal, heardAt: () => number): Promise<string> {
  while (await pause(1_000, signal)) if (performance.now() - heardAt() > silenceMs) return 'silence';
  return 'it is over';
}

/** A script that asks for what is new now and then, and lists everything when its cursor has expired. */
export function openPollingClient(options: ClientOptions): ChaosClient {
  const { name, random, record, book } = options;
  const over = new AbortController();
  let isCalm = false;
  const fold = foldOf(options, null);
  /** Asked for again and again; a failure is a matter of course while things break. */
  const ask = <T>(query: string, variables: object = {}): Promise<Reply<T>> => post(options, query, variables);

  async function live() {
    while (!over.signal.aborted) {
      try {
        if (fold.cursor === null) await list();
        else await turnPages(fold.cursor);
      } catch (error) {
        record.note({ kind: 'client', who: name, text: `left: ${String(error)}` });
      }
      await pause(isCalm ? 300 : between(random, 100, 3_000), over.signal);
    }
  }

  async function turnPages(cursor: string) {
    for (let after = cursor, hasMore = true; hasMore; ) {
      const answer = await ask<PageAnswer>(changesSinceQuery, { after, first: between(random, 1, 50) });
      if ('code' in answer) {
        if (answer.code !== 'CURSOR_EXPIRED') throw new Error(answer.code);
        await list();
        return;
      }
      const page = answer.data.changesSince;
      fold.begin();
      for (const message of page.changes) hear(name, fold, book, message);
      fold.take({ __typename: 'Bookmark', cursor: page.cursor });
      ({ cursor: after, hasMore } = page);
    }
  }

  /** The cursor first: what changes meanwhile is then told twice rather than never. */
  async function list() {
    const before = await ask<{ readonly gateway: { readonly cursor: string } }>(cursorQuery);
    const everything = await ask<EverythingAnswer>(everythingQuery);
    if ('code' in before || 'code' in everything) throw new Error('listing failed');
    fold.replaceAll(objectsOf(everything.data), before.data.gateway.cursor);
  }

  const living = live();
  return {
    name,
    host: null,
    fold,
    calm() {
      isCalm = true;
    },
    async close() {
      over.abort();
      await living;
    },
  };
}

type PageAnswer = {
  readonly changesSince: {
    readonly cursor: string;
    readonly hasMore: boolean;
    readonly changes: readonly ChangeMessage[];
  };
};

function foldOf({ name, record }: ClientOptions, host: string | null): Fold {
  return createFold({
    isWhole: host === null,
    violate: (text, object) => record.violate(name, text, { subject: object?.id ?? null, host }),
  });
}

function hear(name: string, fold: Fold, book: ChangeBook, message: ChangeMessage): void {
  fold.take(message);
  book.note(name, message);
}

/** What came back of a query: its data, or why there is none. */
export type Reply<T> = { readonly data: T } | { readonly code: string };

/** A query over plain HTTP: its data, or the code of its first error. Rejects when the gateway cannot be reached. */
export async function post<T>(
  { url, token }: Pick<ClientOptions, 'url' | 'token'>,
  query: string,
  variables: object = {},
): Promise<Reply<T>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, connection: 'close' },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(10_000),
  });
  // GraphQL's own shape; T is what the query asks for.
  const { data, errors } = (await response.json()) as {
    readonly data?: T | null;
    readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
  };
  if (errors !== undefined || data === undefined || data === null) {
    return { code: errors?.[0]?.extensions?.code ?? `status ${response.status}` };
  }
  return { data };
}
