import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createHandshakeLimiter } from '../../src/ssh/handshake-limiter.ts';

const { signal } = new AbortController();

/** Work that lasts until it is told to end. */
function heldWork() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { work: () => promise, finish: resolve, fail: reject };
}

/** Lets everything that can go on go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('createHandshakeLimiter', () => {
  test('six at once go through one first hop, sixteen in all, as they are not told otherwise', async () => {
    const limiter = createHandshakeLimiter();
    const works = Array.from({ length: 40 }, heldWork);
    const runs = works.map(({ work }, index) => limiter.run(`bastion-${index % 4}`, work, { signal }));
    expect([limiter.running, limiter.waiting]).toEqual([16, 24]);
    const single = createHandshakeLimiter();
    const more = Array.from({ length: 10 }, heldWork);
    const behindOne = more.map(({ work }) => single.run('bastion', work, { signal }));
    expect([single.running, single.waiting]).toEqual([6, 4]);
    for (const { finish } of [...works, ...more]) finish();
    await Promise.all([...runs, ...behindOne]);
    expect([limiter.running, limiter.waiting, single.running, single.waiting]).toEqual([0, 0, 0, 0]);
  });

  test('those who wait start in the order in which they came', async () => {
    const limiter = createHandshakeLimiter({ perFirstHop: 1 });
    const started: number[] = [];
    const works = [0, 1, 2].map(() => heldWork());
    const runs = works.map(({ work }, index) =>
      limiter.run(
        'bastion',
        () => {
          started.push(index);
          return work();
        },
        { signal },
      ),
    );
    for (const [index, { finish }] of works.entries()) {
      await settle();
      expect(started).toEqual([0, 1, 2].slice(0, index + 1));
      finish();
    }
    await Promise.all(runs);
  });

  test('a full first hop does not hold up another', async () => {
    const limiter = createHandshakeLimiter({ perFirstHop: 1 });
    const [first, second, elsewhere] = [heldWork(), heldWork(), heldWork()];
    const runs = [
      limiter.run('full', first.work, { signal }),
      limiter.run('full', second.work, { signal }),
      limiter.run('free', elsewhere.work, { signal }),
    ];
    expect([limiter.running, limiter.waiting]).toEqual([2, 1]);
    for (const { finish } of [first, second, elsewhere]) finish();
    await Promise.all(runs);
  });

  test('whoever gives up leaves the queue at once, with the reason', async () => {
    const limiter = createHandshakeLimiter({ total: 1 });
    const held = heldWork();
    const running = limiter.run('a', held.work, { signal });
    const giveUp = new AbortController();
    let started = false;
    const waiting = limiter.run('a', async () => void (started = true), { signal: giveUp.signal });
    giveUp.abort(new Error('host removed'));
    await expect(waiting).rejects.toThrow('host removed');
    expect(limiter.waiting).toBe(0);
    held.finish();
    await running;
    expect(started).toBe(false);
  });

  test('whoever waits for an address that never answers holds up nobody of another hop', async () => {
    const limiter = createHandshakeLimiter({ perFirstHop: 1, total: 1 });
    const [dead, alive] = [heldWork(), heldWork()];
    const toDead = limiter.run('dead', (turn) => turn.outside(dead.work, () => {}), { signal });
    const sameHop = limiter.run('dead', async () => 'ran', { signal });
    const toAlive = limiter.run('alive', alive.work, { signal });
    await settle();
    expect([limiter.running, limiter.waiting]).toEqual([1, 1]);
    // It answers after all, and goes on when there is room.
    dead.finish();
    await settle();
    expect(limiter.waiting).toBe(2);
    alive.finish();
    await Promise.all([toAlive, toDead]);
    expect(await sameHop).toBe('ran');
    expect([limiter.running, limiter.waiting]).toEqual([0, 0]);
  });

  test('an address that refuses leaves both places free', async () => {
    const limiter = createHandshakeLimiter({ perFirstHop: 1, total: 1 });
    const dead = heldWork();
    const toDead = limiter.run('dead', (turn) => turn.outside(dead.work, () => {}), { signal });
    await settle();
    dead.fail(new Error('refused'));
    await expect(toDead).rejects.toThrow('refused');
    expect([limiter.running, limiter.waiting]).toEqual([0, 0]);
    expect(await limiter.run('dead', async () => 'ran', { signal })).toBe('ran');
  });

  test('work that fails makes room, too', async () => {
    const limiter = createHandshakeLimiter({ total: 1 });
    const held = heldWork();
    const failing = limiter.run('a', held.work, { signal });
    const next = limiter.run('b', async () => 'ran', { signal });
    held.fail(new Error('refused'));
    await expect(failing).rejects.toThrow('refused');
    expect(await next).toBe('ran');
  });

  test('neither limit is ever passed, and everything runs, in any order of arrivals, ends and changes of mind', async () => {
    const arrival = fc.record({ hop: fc.constantFrom('a', 'b', 'c'), givesUp: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { maxLength: 30 }), fc.scheduler(), async (arrivals, scheduler) => {
        const limiter = createHandshakeLimiter({ perFirstHop: 2, total: 4 });
        const runningAt = new Map<string, number>();
        const runs = arrivals.map(({ hop, givesUp }, index) => {
          const controller = new AbortController();
          const run = limiter.run(
            hop,
            async () => {
              const now = (runningAt.get(hop) ?? 0) + 1;
              runningAt.set(hop, now);
              expect(now).toBeLessThanOrEqual(2);
              expect(limiter.running).toBeLessThanOrEqual(4);
              await scheduler.schedule(Promise.resolve(), `work ${index}`);
              runningAt.set(hop, (runningAt.get(hop) ?? 0) - 1);
              return 'ran';
            },
            { signal: controller.signal },
          );
          if (givesUp) {
            void scheduler.schedule(Promise.resolve(), `give up ${index}`).then(() => controller.abort('gave up'));
          }
          return run.catch((reason: unknown) => reason);
        });
        const results = await scheduler.waitFor(Promise.all(runs));
        for (const [index, result] of results.entries()) {
          expect(arrivals[index]?.givesUp ? ['ran', 'gave up'] : ['ran']).toContain(result);
        }
        expect([limiter.running, limiter.waiting]).toEqual([0, 0]);
      }),
    );
  });
});
