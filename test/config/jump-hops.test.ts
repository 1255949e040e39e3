import { expect, test } from 'vitest';
import { readJumpHops } from '../../src/config/jump-hops.ts';

function read(text: string) {
  const mistakes: string[] = [];
  const hops = readJumpHops(text, (sentence) => mistakes.push(sentence));
  return { hops, mistakes };
}

test("reads hops as OpenSSH's ProxyJump writes them, in order", () => {
  expect(read('me@b1:2222, b2,ssh://[2001:db8::1]:22')).toEqual({
    hops: [
      { host: 'b1', user: 'me', port: 2222 },
      { host: 'b2', user: null, port: null },
      { host: '2001:db8::1', user: null, port: 22 },
    ],
    mistakes: [],
  });
});

test.each(['', 'b1,,b2', '@b1', 'me@', 'b1:x', '-oProxyCommand=x', 'a b', '2001:db8::1', 'me:pw@b1'])(
  'tells of a mistake in %j',
  (text) => {
    expect(read(text).mistakes).not.toEqual([]);
  },
);
