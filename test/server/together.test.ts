import { expect, test } from 'vitest';
import { eventFraming } from '../../src/server/cohorts/framing.ts';
import { createOutlets, type Written } from '../../src/server/cohorts/outlets.ts';
import { createTogether, type Listener, type Together } from '../../src/server/cohorts/together.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** `writeMs`: so long each write takes. */
function open({ writeMs = 0 } = {}) {
  let now = 0;
  const outlets = createOutlets({ monotonic: () => now });
  const together: Together<Listener> = createTogether(outlets);

  /** One who comes now, and goes with the others. */
  function come(says: Written = 'GONE') {
    /** One for each write. */
    const writes: string[] = [];
    const state = { says };
    const write = (bytes: Buffer) => {
      writes.push(
        bytes
          .toString()
          .replace(/event: next\ndata: (.*)\n\n/g, '$1 ')
          .trim(),
      );
      now += writeMs;
      return state.says;
    };
    const outlet = outlets.open(eventFraming, { write, writePieces: (pieces) => write(Buffer.concat(pieces)) });
    outlet.enter();
    const listener: Listener = { outlet, prefix: '', index: -1, after: 0 };
    together.add(listener);
    return { listener, outlet, writes, state };
  }
  const tell = (text: string) => together.tell(Buffer.from(text));
  const passTime = (ms: number) => {
    now += ms;
  };
  return { outlets, together, come, tell, passTime };
}

test('what is told in one turn is one write, in order', async () => {
  const { come, tell } = open();
  const listener = come();
  tell('one');
  tell('two');
  expect(listener.writes).toEqual([]);
  await turn();
  tell('three');
  await turn();
  expect(listener.writes).toEqual(['one two', 'three']);
});

test('who comes in the course of a turn is told what follows, and who leaves is told nothing more', async () => {
  const { together, come, tell } = open();
  const [first, leaving] = [come(), come()];
  tell('one');
  const second = come();
  tell('two');
  const third = come();
  together.remove(leaving.listener);
  await turn();
  tell('three');
  await turn();
  expect(first.writes).toEqual(['one two', 'three']);
  expect(second.writes).toEqual(['two', 'three']);
  expect(third.writes).toEqual(['three']);
  expect(leaving.writes).toEqual([]);
});

test('subscriptions of one client are told with one write', async () => {
  const { together, come, tell } = open();
  const { listener, outlet, writes } = come();
  outlet.enter();
  together.add({ ...listener });
  tell('one');
  await turn();
  expect(writes).toEqual(['one one']);
});

test('what was pushed before is written before', async () => {
  const { come, tell } = open();
  const { outlet, writes } = come();
  outlet.push('', Buffer.from('before'));
  tell('one');
  await turn();
  expect(writes).toEqual(['before one']);
});

test('who has no room is told once more, and named, so that he can be left behind', async () => {
  const { together, come, tell } = open();
  const slow = come('FULL');
  const other = come();
  expect(tell('one')).toEqual([]);
  await turn();
  expect(tell('two')).toEqual([slow.listener]);
  together.remove(slow.listener);
  await turn();
  expect(tell('three')).toEqual([]);
  await turn();
  slow.state.says = 'GONE';
  slow.outlet.drained();
  expect(slow.writes).toEqual(['one', 'two']);
  expect(other.writes).toEqual(['one', 'two', 'three']);
});

test('who has room again is not named', async () => {
  const { come, tell } = open();
  const { outlet, writes, state } = come('FULL');
  tell('one');
  await turn();
  state.says = 'GONE';
  outlet.drained();
  expect(tell('two')).toEqual([]);
  await turn();
  expect(writes).toEqual(['one', 'two']);
});

test('very many are told in slices, and those who leave in between are told nothing', async () => {
  const { outlets, together, come, tell } = open({ writeMs: 0.2 });
  const all = Array.from({ length: 100 }, () => come());
  tell('one');
  await turn();
  const told = all.filter(({ writes }) => writes.length > 0);
  expect(told.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(100);
  const untold = all.filter(({ writes }) => writes.length === 0);
  const late = come();
  const [gone] = untold;
  if (gone) together.remove(gone.listener);
  await outlets.whenWritten();
  expect(all.flatMap(({ writes }) => writes)).toEqual(Array.from({ length: 99 }, () => 'one'));
  expect([...late.writes, ...(gone?.writes ?? [])]).toEqual([]);
});

test('whatever is left to be told can be told at once', async () => {
  const { together, come, tell } = open();
  const { writes } = come();
  tell('one');
  together.finish();
  expect(writes).toEqual(['one']);
  await turn();
  expect(writes).toEqual(['one']);
});

test('a turn that has as much to tell as may wait says so, until it has been told', async () => {
  const { outlets, together, come, tell } = open();
  come();
  tell('a'.repeat(40_000));
  expect(together.isFull).toBe(false);
  tell('b'.repeat(40_000));
  expect(together.isFull).toBe(true);
  await outlets.allWritten();
  expect(together.isFull).toBe(false);
});

test('who catches up is written to last, and nobody waits for him', async () => {
  const order: string[] = [];
  const { outlets, come, tell, passTime } = open();
  const { writes } = come();
  const slow = (name: string) => () => {
    order.push(name);
    passTime(1);
    return 'GONE' as const;
  };
  const behind = Array.from({ length: 100 }, (_, index) => {
    const write = slow(`patient ${index}`);
    return outlets.open(eventFraming, { write, writePieces: write });
  });
  for (const outlet of behind) outlet.push('', Buffer.from('missed'), true);
  const other = slow('other');
  outlets.open(eventFraming, { write: other, writePieces: other }).push('', Buffer.from('answer'));
  tell('one');
  await turn();
  expect(writes).toEqual(['one']);
  expect(order[0]).toBe('other');
  expect(order.length).toBeLessThan(101);
  expect(outlets.whenWritten()).toBeNull();
  while (order.length < 101) await turn();
});
