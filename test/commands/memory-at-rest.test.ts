import { expect, test } from 'vitest';
import { giveBackAtRest } from '../../src/commands/memory-at-rest.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const lookMs = 10_000;
const megabyte = 1024 * 1024;

function open({ heapBytes = 80 * megabyte } = {}) {
  const clock = createFakeClock();
  const told: boolean[] = [];
  let cpuMs = 0;
  let residentBytes = 150 * megabyte;
  const close = giveBackAtRest(clock, {
    cpuMs: () => cpuMs,
    residentBytes: () => residentBytes,
    heapBytes: () => heapBytes,
    favourMemory: (isFavoured) => told.push(isFavoured),
  });
  return {
    told,
    close,
    grow(bytes: number) {
      residentBytes += bytes;
    },
    /** `load`: of one core. */
    async spend(looks: number, load: number) {
      for (let look = 0; look < looks; look += 1) {
        cpuMs += load * lookMs;
        await clock.advance(lookMs);
      }
    },
  };
}

test('favours memory for a while once a start is over', async () => {
  const process = open();
  await process.spend(3, 0.9);
  await process.spend(2, 0.01);
  expect(process.told).toEqual([]);
  await process.spend(1, 0.01);
  expect(process.told).toEqual([true]);
  await process.spend(1, 0.06);
  expect(process.told).toEqual([true]);
  await process.spend(1, 0.01);
  expect(process.told).toEqual([true, false]);
});

test('does so again only when there is more to give back', async () => {
  const process = open();
  await process.spend(20, 0.01);
  expect(process.told).toEqual([true, false]);
  process.grow(31 * megabyte);
  await process.spend(20, 0.01);
  expect(process.told).toEqual([true, false]);
  process.grow(megabyte);
  await process.spend(20, 0.01);
  expect(process.told).toEqual([true, false, true, false]);
});

test('waits for rest: a moment without work is none', async () => {
  const process = open();
  for (let round = 0; round < 10; round += 1) {
    await process.spend(2, 0.01);
    await process.spend(1, 0.1);
  }
  expect(process.told).toEqual([]);
});

test('stops favouring memory when there is work, and begins again after it', async () => {
  const process = open();
  await process.spend(3, 0.01);
  await process.spend(1, 0.9);
  expect(process.told).toEqual([true, false]);
  await process.spend(20, 0.01);
  expect(process.told).toEqual([true, false, true, false]);
});

test('leaves a large heap alone, whose collection would hold up who is asked', async () => {
  const process = open({ heapBytes: 300 * megabyte });
  await process.spend(20, 0.01);
  expect(process.told).toEqual([]);
});

test('favours nothing any more when it was closed', async () => {
  const process = open();
  await process.spend(3, 0.01);
  process.close();
  expect(process.told).toEqual([true, false]);
  await process.spend(5, 0.9);
  await process.spend(5, 0.01);
  expect(process.told).toEqual([true, false]);
});
