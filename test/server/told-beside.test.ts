import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { socketFraming } from '../../src/server/cohorts/framing.ts';
import { toldBeside } from '../../src/server/cohorts/lifetime.ts';
import { createOutlets, type Written } from '../../src/server/cohorts/outlets.ts';

function open() {
  const written: string[] = [];
  const state: { says: Written } = { says: 'GONE' };
  const write = (bytes: Buffer) => {
    written.push(bytes.toString('latin1').replace(/^[^{]*/, ''));
    return state.says;
  };
  const outlet = createOutlets(systemClock).open(socketFraming, {
    write,
    writePieces: (pieces) => write(Buffer.concat(pieces)),
  });
  return { outlet, written, state };
}

test('an answer that is text already is one message, and the operation is over', async () => {
  const { outlet, written } = open();
  expect(await toldBeside(Buffer.from('{"data":{}}'), outlet, 'a"b').next()).toEqual({ done: true, value: undefined });
  outlet.flush();
  expect(written).toEqual(['{"id":"a\\"b","type":"next","payload":{"data":{}}}']);
});

test('one that is called off while there is no room is over at once, and is not told when there is', async () => {
  const { outlet, written, state } = open();
  state.says = 'FULL';
  outlet.push('', Buffer.from('before'));
  outlet.flush();
  const told = toldBeside(Buffer.from('{"data":{}}'), outlet, '1');
  const over = told.next();
  await told.return?.();
  expect(await over).toEqual({ done: true, value: undefined });
  state.says = 'GONE';
  outlet.drained();
  await outlet.room();
  outlet.flush();
  expect(written).toHaveLength(1);
});
