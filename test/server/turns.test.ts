import { expect, test } from 'vitest';
import { createTurns, type Turns, type Urgency } from '../../src/server/cohorts/turns.ts';

let now = 0;
const clock = { monotonic: () => now };

/** Longer than a turn may be. */
function beBusy() {
  now += 4;
}

/** Notes its name when its turn comes, and uses it up. */
async function takeTurn(turns: Turns, urgency: Urgency, name: string, order: string[]) {
  await turns.take(urgency);
  order.push(name);
  beBusy();
}

test('nobody waits as long as there is time', () => {
  expect(createTurns(clock).take('patient')).toBeNull();
});

test('what is live goes before what has waited longer', async () => {
  const turns = createTurns(clock);
  void turns.take('live');
  beBusy();
  const order: string[] = [];
  await Promise.all([
    takeTurn(turns, 'patient', 'first', order),
    takeTurn(turns, 'patient', 'second', order),
    takeTurn(turns, 'live', 'change', order),
  ]);
  expect(order).toEqual(['change', 'first', 'second']);
});

test('however much is live, it does not keep the others out', async () => {
  const turns = createTurns(clock);
  void turns.take('live');
  beBusy();
  const order: string[] = [];
  const take = async (urgency: Urgency) => {
    await turns.take(urgency);
    order.push(urgency);
  };
  await Promise.all([take('patient'), ...Array.from({ length: 1_000 }, () => take('live'))]);
  expect(order.indexOf('patient')).toBeLessThan(100);
});
