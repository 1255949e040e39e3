import { expect, test } from 'vitest';
import type { SeenObject } from './messages.ts';
import { differences, plainView, withoutUntold } from './truth.ts';

const guest = (part: object): SeenObject => ({
  __typename: 'Domain',
  id: 'id',
  uuid: 'u',
  name: 'guest0',
  title: null,
  state: 'RUNNING',
  persistent: true,
  autostart: false,
  host: { name: 'h1' },
  interfaces: [{ macAddress: '52:54:00:00:00:02' }, { macAddress: '52:54:00:00:00:01' }],
  ...part,
});
const view = (...objects: readonly SeenObject[]) => plainView(objects);
const texts = (wanted: SeenObject[], seen: SeenObject[]) =>
  differences(view(...wanted), view(...seen)).map(({ text }) => text);

test('a difference of any fact is found and named', () => {
  expect(texts([guest({})], [guest({})])).toEqual([]);
  for (const part of [
    { name: 'other' },
    { title: 'revision 1' },
    { state: 'PAUSED' },
    { persistent: false },
    { autostart: true },
    { interfaces: [] },
  ]) {
    expect(texts([guest({})], [guest(part)])).toHaveLength(1);
  }
});

test('the order of interfaces is no difference', () => {
  const turned = [{ macAddress: '52:54:00:00:00:01' }, { macAddress: '52:54:00:00:00:02' }];
  expect(texts([guest({})], [guest({ interfaces: turned })])).toEqual([]);
});

test('what is missing, what is too much and what is on another host are differences', () => {
  expect(texts([guest({})], [])).toEqual(['Domain h1 u is missing']);
  expect(texts([], [guest({})])).toEqual(['Domain h1 u is not there any more']);
  expect(texts([guest({})], [guest({ host: { name: 'h2' } })])).toHaveLength(2);
});

test('before everything is read again, only what no event tells of is left out', () => {
  const told = (...objects: readonly SeenObject[]) => withoutUntold(view(...objects));
  const off = { state: 'SHUTOFF' };
  expect(differences(told(guest(off)), told(guest({ ...off, interfaces: [], autostart: true })))).toEqual([]);
  expect(differences(told(guest({})), told(guest({ interfaces: [] })))).toHaveLength(1);
  expect(differences(told(guest({})), told(guest({ title: 'x' })))).toHaveLength(1);
});

test('the view of one host holds nothing of another', () => {
  const two = [guest({}), guest({ host: { name: 'h2' } })];
  expect([...plainView(two, 'h2').keys()]).toEqual(['Domain h2 u']);
});
