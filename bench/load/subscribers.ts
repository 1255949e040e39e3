/** Subscribers in processes of their own: what they cost is not charged to the server, nor to whoever measures. */
import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './subscriber-process.ts';

export type SubscribersOptions = {
  readonly url: string;
  readonly token: string;
  readonly query: string;
  readonly subscribers: number;
  readonly variables?: (index: number) => Readonly<Record<string, unknown>>;
  readonly subscriptionsPerSocket?: number;
  readonly processes?: number;
  readonly isBare?: boolean;
  readonly atOnce?: number;
  /** They get the processor as soon as something comes, where the system allows it: what is measured is not their own wait. */
  readonly areUrgent?: boolean;
};

export type Arrivals = {
  /** In milliseconds of the system's monotonic clock, in no order. */
  readonly arrivedAtMs: readonly number[];
  readonly bytes: number;
  /** One message, as it came. */
  readonly text: string;
};

export type Subscribers = {
  /** When the first began to connect, in milliseconds of the system's monotonic clock. */
  readonly startedAtMs: number;
  /** From the first handshake to the last subscription. */
  readonly openedMs: number;
  /** Settles when `messages` have come to each subscriber since the last time. */
  arrivals(messagesEach: number): Promise<Arrivals>;
  /** The same, where not everybody is told: so many in all, which must be those of one process. */
  arrivalsOf(messages: number): Promise<Arrivals>;
  /** So far, since the last time. */
  count(): Promise<{ readonly messages: number; readonly bytes: number; readonly text: string }>;
  close(): Promise<void>;
};

const { priority } = constants;
const program = fileURLToPath(new URL('./subscriber-process.ts', import.meta.url));

export async function openSubscribers(options: SubscribersOptions): Promise<Subscribers> {
  const { url, token, query, subscribers, processes = 1, subscriptionsPerSocket = 1, isBare = false } = options;
  const variables = Array.from({ length: subscribers }, (_, index) => options.variables?.(index) ?? {});
  const share = Math.ceil(subscribers / processes);
  const crews = Array.from({ length: processes }, (_, index) =>
    startCrew(variables.slice(index * share, (index + 1) * share).length, options.areUrgent ?? false),
  );
  const opened = await Promise.all(
    crews.map((crew, index) => {
      const own = variables.slice(index * share, (index + 1) * share);
      const atOnce = Math.ceil((options.atOnce ?? 100) / processes);
      return crew.ask(
        { type: 'open', url, token, isBare, query, variables: own, subscriptionsPerSocket, atOnce },
        'open',
      );
    }),
  );

  async function arrivals(expected: (subscribers: number) => number): Promise<Arrivals> {
    const reports = await Promise.all(
      crews.map((crew) => crew.ask({ type: 'expect', messages: expected(crew.subscribers) }, 'arrived')),
    );
    return {
      arrivedAtMs: reports.flatMap((report) => [...report.arrivedAtMs]),
      bytes: reports.reduce((sum, report) => sum + report.bytes, 0),
      text: reports[0]?.text ?? '',
    };
  }

  return {
    startedAtMs: Math.min(...opened.map(({ startedAtMs }) => startedAtMs)),
    openedMs: Math.max(...opened.map(({ tookMs }) => tookMs)),
    arrivals: (messagesEach) => arrivals((count) => count * messagesEach * subscriptionsPerSocket),
    arrivalsOf: (messages) => arrivals(() => messages),
    async count() {
      const reports = await Promise.all(crews.map((crew) => crew.ask({ type: 'count' }, 'count')));
      return {
        messages: reports.reduce((sum, report) => sum + report.messages, 0),
        bytes: reports.reduce((sum, report) => sum + report.bytes, 0),
        text: reports[0]?.text ?? '',
      };
    },
    async close() {
      await Promise.all(crews.map((crew) => crew.close()));
    },
  };
}

function startCrew(subscribers: number, isUrgent: boolean) {
  const child: ChildProcess = fork(program, { serialization: 'advanced' });
  if (isUrgent && mayBeUrgent() && child.pid !== undefined) setPriority(child.pid, priority.PRIORITY_HIGHEST);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  /** One order at a time; its answer is the next report of that type. */
  function ask<T extends Report['type']>(order: Order, answer: T): Promise<Extract<Report, { readonly type: T }>> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        child.off('message', onReport);
        child.off('exit', onExit);
      };
      const onReport = (report: Report) => {
        if (isOfType(report, answer)) {
          settle();
          resolve(report);
        } else if (report.type === 'failed') {
          settle();
          reject(new Error(report.reason));
        }
      };
      const onExit = (code: number | null) => {
        settle();
        reject(new Error(`A process of subscribers ended with ${code}.`));
      };
      child.on('message', onReport);
      child.on('exit', onExit);
      child.send(order);
    });
  }

  return {
    subscribers,
    ask,
    async close() {
      if (child.connected) child.send({ type: 'close' } satisfies Order);
      await ended;
    },
  };
}

/** Only root may give a process more than its share. */
export function mayBeUrgent(): boolean {
  return process.geteuid?.() === 0;
}

function isOfType<T extends Report['type']>(report: Report, type: T): report is Extract<Report, { readonly type: T }> {
  return report.type === type;
}
