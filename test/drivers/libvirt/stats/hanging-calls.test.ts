import { expect, test } from 'vitest';
import { createHangingCalls } from '../../../../src/drivers/libvirt/stats/hanging-calls.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';

test('guests that hang one after the other cost at most five workers, and the later ones a pause each', async () => {
  const clock = createFakeClock();
  const hanging = createHangingCalls(clock);
  const state = () => ({ ask: hanging.mayAsk(), try: hanging.mayTry(), vigil: hanging.isVigil() });
  expect([hanging.isNone(), state()]).toEqual([true, { ask: true, try: true, vigil: false }]);
  hanging.begun();
  expect([hanging.isNone(), state()]).toEqual([false, { ask: true, try: true, vigil: false }]);
  hanging.begun();
  expect(state()).toEqual({ ask: true, try: false, vigil: true });
  hanging.begun();
  expect(state()).toEqual({ ask: false, try: false, vigil: true });
  await clock.advance(4_000);
  expect(state()).toEqual({ ask: true, try: false, vigil: true });
  await clock.advance(6_000);
  expect(state()).toEqual({ ask: true, try: false, vigil: false });
  hanging.begun();
  await clock.advance(20_000);
  expect(state()).toEqual({ ask: true, try: false, vigil: true });
  hanging.begun();
  await clock.advance(3_600_000);
  expect(state()).toEqual({ ask: false, try: false, vigil: false });
  hanging.ended();
  expect(hanging.mayAsk()).toBe(true);
});
