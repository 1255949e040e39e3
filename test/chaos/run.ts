import { createRandom } from '../../src/drivers/libvirt/sim/random.ts';
import { agree, awaitHosts } from './agreement.ts';
import { type ChangeBook, createChangeBook } from './change-book.ts';
import { type ChaosClient, openPollingClient, openStreamClient } from './client.ts';
import { type FoldCounts, untold } from './fold.ts';
import { changesSubscription, heavySubscription } from './messages.ts';
import { torment } from './nemesis.ts';
import { createRevisions, operate, type Revisions } from './operator.ts';
import { createRecord, type Happening, type RunRecord } from './record.ts';
import { type ChaosWorld, openWorld } from './world.ts';

export type ChaosOptions = {
  readonly seed: number;
  /** How long things are broken. Making the lab and agreeing afterwards come on top. */
  readonly durationMs: number;
  readonly hosts: number;
  /** Where the gateway's log goes; it outlives the run. */
  readonly gatewayLogPath: string;
  /** Called with each happening as it comes. */
  readonly print?: (happening: Happening) => void;
  readonly signal?: AbortSignal;
};

export type ChaosResult = {
  readonly seed: number;
  readonly hosts: number;
  readonly durationMs: number;
  readonly record: RunRecord;
  readonly clients: readonly { readonly name: string; readonly counts: FoldCounts }[];
  /** Entries of the journal that anybody was told of. */
  readonly entries: number;
  /** From the last mending until the gateway had reached every host again. */
  readonly reachedAfterMs: number;
  /** From the last operation until everybody agreed; null: they did not. */
  readonly agreedAfterMs: number | null;
};

/**
 * How long after the last mending everybody may take to agree: a host that failed many times in a row is tried again
 * only after a minute, and then has half a minute to be reached and read.
 */
const agreeWithinMs = 120_000;

/** How long the operators go on when nothing is broken any more. */
const undisturbedMs = 12_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, durationMs, gatewayLogPath, print, signal = new AbortController().signal } = options;
  const random = createRandom(seed);
  const branch = () => createRandom(random.below(2 ** 32));
  const record = createRecord(print);
  const phase = (text: string) => record.note({ kind: 'phase', who: 'run', text });

  phase(`seed ${seed}: making ${options.hosts} hosts`);
  const world = await openWorld({ hosts: options.hosts, gatewayLogPath, random: branch(), record });
  const book = createChangeBook(record);
  const revisions = createRevisions();
  const clients = openClients(world, branch, record, book);
  try {
    phase('breaking things');
    const breaking = AbortSignal.any([signal, AbortSignal.timeout(durationMs)]);
    const work = (until: AbortSignal) =>
      Promise.all(world.hosts.map((host) => operate({ host, random: branch(), revisions, record, signal: until })));
    await Promise.all([torment({ world, random: branch(), record, signal: breaking }), work(breaking)]);
    phase('all is mended: waiting for the hosts');
    const mendedAt = performance.now();
    for (const client of clients) client.calm();
    world.slowFront.setFaults({});
    await awaitHosts({ world, record, withinMs: agreeWithinMs, signal });
    const reachedAfterMs = Math.round(performance.now() - mendedAt);
    // Reading everything after a reconnect makes good whatever was missed before. From here on only events tell.
    phase('working undisturbed');
    await work(AbortSignal.any([signal, AbortSignal.timeout(undisturbedMs)]));
    phase('at rest: waiting until everybody agrees');
    const agreedAfterMs = await agree({ world, clients, record, withinMs: agreeWithinMs, signal });
    judge(clients, book, revisions, record);
    phase(agreedAfterMs === null ? 'they do not agree' : `agreed after ${agreedAfterMs} ms`);
    const entries = [...book.told.values()].reduce((sum, ofEpoch) => sum + ofEpoch.size, 0);
    return {
      seed,
      hosts: options.hosts,
      durationMs,
      record,
      clients: clients.map(({ name, fold }) => ({ name, counts: fold.counts })),
      entries,
      reachedAfterMs,
      agreedAfterMs,
    };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await world.close();
  }
}

function openClients(
  world: ChaosWorld,
  branch: () => ReturnType<typeof createRandom>,
  record: RunRecord,
  book: ChangeBook,
): ChaosClient[] {
  const { token } = world.gateway;
  const url = world.urlThrough(world.front);
  const common = { token, record, book };
  const restless = { stay: [1_000, 12_000], away: [50, 4_000] } as const;
  const absent = { stay: [5_000, 15_000], away: [15_000, 60_000] } as const;
  const stream = (
    name: string,
    part: Pick<Parameters<typeof openStreamClient>[0], 'transport' | 'visits'> &
      Partial<Parameters<typeof openStreamClient>[0]>,
  ) => openStreamClient({ ...common, name, url, query: changesSubscription, random: branch(), ...part });
  const slowUrl = world.urlThrough(world.slowFront);
  // 200 KB/s, for messages of twice as much each: the buffers of four sockets fill, which are megabytes, and then it lags.
  world.slowFront.setFaults({ down: { drip: { bytes: 20_000, everyMs: 100 } } });
  return [
    // Past every proxy: who is told everything as it comes is the measure for the others.
    stream('witness', { transport: 'websocket', url: world.directUrl, visits: null }),
    stream('faithful', { transport: 'websocket', visits: null }),
    stream('restless', { transport: 'websocket', visits: restless }),
    stream('restless-sse', { transport: 'event stream', visits: restless }),
    stream('absent', { transport: 'websocket', visits: absent }),
    stream('one-host', { transport: 'event stream', visits: restless, host: world.hosts[0]?.name ?? '' }),
    stream('slow', { transport: 'event stream', url: slowUrl, query: heavySubscription, visits: null }),
    openPollingClient({ ...common, name: 'poller', url, random: branch() }),
  ];
}

/** What can only be told at the end: who was left out of what others were told, and who saw a guest grow younger. */
function judge(clients: readonly ChaosClient[], book: ChangeBook, revisions: Revisions, record: RunRecord): void {
  for (const { name, host, fold } of clients) {
    if (!fold.isLive) record.violate(name, 'a snapshot that was promised was never completed');
    for (const text of untold(fold, book.told, host)) record.violate(name, `was never told of ${text}`, { host });
    for (const [id, seen] of fold.revisions) {
      let newest = 0;
      for (const revision of seen) {
        if (revision === null) newest = 0;
        else if (revisions.isConfirmed(revision)) {
          if (revision < newest) {
            record.violate(name, `revision ${revision} of ${id} came after ${newest}`, { subject: id, host });
          }
          newest = Math.max(newest, revision);
        }
      }
    }
  }
}
