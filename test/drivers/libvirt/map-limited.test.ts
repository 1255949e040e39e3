import { expect, test } from 'vitest';
import { mapLimited } from '../../../src/drivers/libvirt/map-limited.ts';

test('results stand where their values stood, and only so many are under way at once', async () => {
  let running = 0;
  let most = 0;
  const results = await mapLimited([5, 4, 3, 2, 1], 2, async (value) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < value; turn += 1) await Promise.resolve();
    running -= 1;
    return value * 10;
  });
  expect(results).toEqual([50, 40, 30, 20, 10]);
  expect(most).toBe(2);
});

test('the first failure ends it, and nothing new is begun', async () => {
  const begun: number[] = [];
  const mapping = mapLimited([1, 2, 3, 4, 5], 1, async (value) => {
    begun.push(value);
    if (value === 2) throw new Error('two');
    return value;
  });
  await expect(mapping).rejects.toThrow('two');
  expect(begun).toEqual([1, 2]);
});

test('with two under way, a failure stops the other from beginning more', async () => {
  const begun: number[] = [];
  const mapping = mapLimited([1, 2, 3, 4, 5, 6], 2, async (value) => {
    begun.push(value);
    if (value === 1) throw new Error('one');
    await new Promise((resolve) => setImmediate(resolve));
    return value;
  });
  await expect(mapping).rejects.toThrow('one');
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([1, 2]);
});

test('of nothing is nothing', async () => {
  expect(await mapLimited([], 4, async () => 1)).toEqual([]);
});
