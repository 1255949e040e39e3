import { expect, test } from 'vitest';
import { createHintQueue } from '../../../src/drivers/libvirt/hint-queue.ts';
import type { HostHint } from '../../../src/model/hints.ts';

const hint = (name: string): HostHint => ({ kind: 'nodeDevice', name, event: 'update' });

async function read(hints: AsyncIterableIterator<HostHint>, count: number): Promise<string[]> {
  const names: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const { value, done } = await hints.next();
    if (done) break;
    names.push(value.kind === 'nodeDevice' ? value.name : value.kind);
  }
  return names;
}

test('hints come out in order, and the end after them', async () => {
  const queue = createHintQueue(10);
  queue.push(hint('a'));
  queue.push(hint('b'));
  queue.end();
  expect(await read(queue.hints, 10)).toEqual(['a', 'b']);
});

test('one overflow takes the place of all that do not fit', async () => {
  const queue = createHintQueue(2);
  for (const name of ['a', 'b', 'c', 'd', 'e']) queue.push(hint(name));
  queue.end();
  expect(await read(queue.hints, 10)).toEqual(['a', 'b', 'overflow']);
});

test('hints go on when there is room again, and a second flood is told again', async () => {
  const queue = createHintQueue(2);
  for (const name of ['a', 'b', 'c']) queue.push(hint(name));
  expect(await read(queue.hints, 2)).toEqual(['a', 'b']);
  queue.push(hint('d'));
  for (const name of ['e', 'f', 'g']) queue.push(hint(name));
  queue.end();
  expect(await read(queue.hints, 10)).toEqual(['overflow', 'd', 'overflow']);
});
