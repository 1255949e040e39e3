import { expect, test } from 'vitest';
import { createInFlight } from '../../src/server/in-flight.ts';

const patient = () => new AbortController().signal;

test('what is under way is waited for, whether it succeeds or fails', async () => {
  const inFlight = createInFlight();
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const told = [inFlight.track(first.promise), inFlight.track(second.promise)];
  let isFinished = false;
  const finished = inFlight.finished(patient()).then(() => {
    isFinished = true;
  });
  first.resolve('done');
  await first.promise;
  expect([inFlight.size, isFinished]).toEqual([1, false]);
  second.reject(new Error('no'));
  await finished;
  expect(inFlight.size).toBe(0);
  expect(await Promise.allSettled(told)).toMatchObject([{ value: 'done' }, { reason: new Error('no') }]);
});

test('with nothing under way there is no wait', async () => {
  await expect(createInFlight().finished(patient())).resolves.toBeUndefined();
});

test('a patience that ends ends the wait, and leaves nothing behind on its signal', async () => {
  const inFlight = createInFlight();
  void inFlight.track(new Promise(() => {}));
  const patience = new AbortController();
  const finished = inFlight.finished(patience.signal);
  patience.abort();
  await finished;
  await inFlight.finished(patience.signal);
  expect(inFlight.size).toBe(1);
});
