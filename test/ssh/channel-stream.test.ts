import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type RawChannel, wrapChannel } from '../../src/ssh/channel-stream.ts';

/** A channel with the habits of the library's: `destroy()` does nothing, a write may never be answered. */
function scriptedChannel(answerWrites: boolean): RawChannel & { closes: number; readonly pieces: readonly string[] } {
  const pieces: string[] = [];
  const channel = new Duplex({
    emitClose: false,
    read() {},
    write(chunk, _encoding, done) {
      pieces.push(String(chunk));
      if (answerWrites) done();
    },
  });
  return Object.assign(channel, {
    closes: 0,
    pieces,
    destroy() {
      return channel;
    },
    close(this: { closes: number }) {
      this.closes += 1;
    },
  });
}

function wrapped(answerWrites = true, endsWith: 'end' | 'close' = 'end') {
  const channel = scriptedChannel(answerWrites);
  let overs = 0;
  const stream = wrapChannel(channel, { endsWith, onOver: () => void (overs += 1) });
  return { channel, stream, overs: () => overs };
}

describe('wrapChannel', () => {
  test('what the far end sends and its end come through, in order', async () => {
    const { channel, stream, overs } = wrapped();
    channel.push('one ');
    channel.push('two');
    channel.push(null);
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    expect(text).toBe('one two');
    expect(overs()).toBe(1);
  });

  test('what is written at once reaches the channel in one piece', async () => {
    const { channel, stream } = wrapped();
    stream.cork();
    stream.write('one ');
    stream.write('two');
    stream.uncork();
    await new Promise((written) => stream.write('three', written));
    expect(channel.pieces).toEqual(['one two', 'three']);
  });

  test('a stream is destroyed once, with its reason, and closes the channel', async () => {
    const { channel, stream, overs } = wrapped();
    const failed = once(stream, 'error');
    stream.destroy(new Error('the reason'));
    stream.destroy(new Error('another'));
    expect((await failed)[0]).toEqual(new Error('the reason'));
    expect([overs(), channel.closes, stream.destroyed]).toEqual([1, 1, true]);
  });

  test('a write that the library leaves unanswered fails when the channel closes', async () => {
    const { channel, stream } = wrapped(false);
    const written = new Promise((resolve) => stream.write('lost', resolve));
    channel.emit('close');
    expect(await written).toBeInstanceOf(Error);
  });

  test('a stream that nobody listens to may fail without ending the process', async () => {
    const { stream } = wrapped();
    stream.destroy(new Error('connection lost'));
    // `once` of node:events would listen for the error, too.
    await new Promise((resolve) => stream.once('close', resolve));
    expect(stream.errored).toEqual(new Error('connection lost'));
  });

  test('a reader that is slow is not buffered for without bound', async () => {
    const { channel, stream } = wrapped();
    const chunk = Buffer.alloc(64 * 1024);
    stream.read(0);
    for (let index = 0; index < 100; index += 1) channel.push(chunk);
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream.readableLength).toBeLessThanOrEqual(2 * chunk.length);
    expect(channel.isPaused()).toBe(true);
  });

  test('a command ends with its channel, not with the end of its output', async () => {
    const { channel, stream } = wrapped(true, 'close');
    channel.push(null);
    stream.resume();
    await once(channel, 'end');
    expect(stream.readableEnded).toBe(false);
    channel.emit('close');
    await once(stream, 'end');
    expect(stream.readableEnded).toBe(true);
  });
});
