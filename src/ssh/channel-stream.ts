import { Duplex } from 'node:stream';

/** The SSH library's channel, as far as we need it. */
export type RawChannel = Duplex & { close(): void };

/**
 * A plain Node stream over an SSH channel. The library's channel is no proper one: its `destroy()` takes no reason and
 * leaves `destroyed` false, a write that was waiting when the channel closed is never answered, and its `write`
 * throws once the connection is gone. Here a stream ends once: with the end of what the far side sent, or with the
 * error that everybody who waits is given.
 *
 * Not half open: when the far end has finished, so have we.
 */
export function wrapChannel(
  channel: RawChannel,
  options: {
    /** Called once, when the stream is over. */
    readonly onOver: (stream: Duplex) => void;
    /**
     * `end`: the far side's end of data ends the stream. `close`: only the channel's end does, because the exit status,
     * which comes between the two, tells an end from a failure.
     */
    readonly endsWith: 'end' | 'close';
    /** What to make of the channel's end: an error, or `null` for a normal end. */
    readonly failureAtEnd?: () => Error | null;
  },
): Duplex {
  let unansweredWrite: ((error: Error | null) => void) | null = null;
  let ended = false;

  const stream = new Duplex({
    allowHalfOpen: false,
    read() {
      channel.resume();
    },
    write: (chunk: Buffer, _encoding, done) => send(chunk, done),
    // What was written at once is one packet, and not one each.
    writev: (chunks: readonly { readonly chunk: Buffer }[], done) =>
      send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    final(done) {
      attempt(() => channel.end());
      done();
    },
    destroy(error, done) {
      unansweredWrite = null;
      channel.off('data', onData);
      // What still arrives until the far side has heard of it is let go.
      channel.resume();
      attempt(() => channel.close());
      options.onOver(stream);
      done(error);
    },
  });

  function send(chunk: Buffer, done: (error?: Error | null) => void) {
    unansweredWrite = done;
    attempt(() => channel.write(chunk, () => answerWrite(null)));
  }

  function attempt(action: () => unknown) {
    try {
      action();
    } catch (cause) {
      if (!stream.destroyed) stream.destroy(closedError(cause));
    }
  }

  function answerWrite(error: Error | null) {
    const answer = unansweredWrite;
    unansweredWrite = null;
    answer?.(error);
  }

  function onData(chunk: Buffer) {
    if (!stream.push(chunk)) channel.pause();
  }

  function end() {
    if (ended || stream.destroyed) return;
    ended = true;
    const failure = options.failureAtEnd?.() ?? null;
    if (failure) stream.destroy(failure);
    else stream.push(null);
  }

  // Whoever let go of a stream does not listen any more, and the connection's end must not end the process.
  stream.on('error', () => {});
  channel.pause();
  channel.on('data', onData);
  channel.on('error', (error: Error) => stream.destroy(error));
  if (options.endsWith === 'end') channel.once('end', end);
  channel.once('close', () => {
    end();
    answerWrite(closedError(null));
  });
  return stream;
}

function closedError(cause: unknown): Error {
  return new Error('The far end closed the channel.', cause === null ? undefined : { cause });
}
