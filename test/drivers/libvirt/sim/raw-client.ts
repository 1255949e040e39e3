import type { Duplex } from 'node:stream';
import { readDaemonMessage } from '../../../../src/drivers/libvirt/rpc/events.ts';
import {
  decodePayload,
  encodeFrame,
  type Frame,
  FrameParser,
  messageStatuses,
  messageTypes,
  programs,
} from '../../../../src/drivers/libvirt/rpc/frame.ts';
import { keepaliveProcedures } from '../../../../src/drivers/libvirt/rpc/keepalive.ts';
import { type RemoteError, remoteError } from '../../../../src/drivers/libvirt/rpc/objects.ts';
import {
  type ArgsOf,
  type ProcedureName,
  procedures,
  type ReplyOf,
} from '../../../../src/drivers/libvirt/rpc/procedures.ts';
import { type Codec, nothing } from '../../../../src/drivers/libvirt/rpc/xdr.ts';
import type { HostHint } from '../../../../src/model/hints.ts';

/** Says what it is told to, and has none of the real client's manners: no limit on calls, no pings of its own. */
export type RawClient = {
  readonly stream: Duplex;
  readonly hints: HostHint[];
  /** Procedure numbers of the keepalive frames that came. */
  readonly keepalive: number[];
  /** Resolves when the stream is over. */
  readonly closed: Promise<void>;
  /** The answer; rejects with a `Refusal` when it is an error, with an `Error` when the stream ends first. */
  call<N extends ProcedureName>(name: N, args: ArgsOf<N>): Promise<ReplyOf<N>>;
  /** A call of any program and procedure, without arguments. */
  callNumber(program: number, procedure: number): Promise<Frame>;
  ping(): void;
};

/** The daemon said no. */
class Refusal extends Error {
  readonly remote: RemoteError;
  constructor(remote: RemoteError) {
    super(`${remote.code} from ${remote.domain}: ${remote.message}`);
    this.remote = remote;
  }
}

export function rawClient(stream: Duplex): RawClient {
  const parser = new FrameParser();
  const waiting = new Map<number, { resolve: (frame: Frame) => void; reject: (error: Error) => void }>();
  const hints: HostHint[] = [];
  const keepalive: number[] = [];
  let serial = 0;
  let announceClosed = () => {};
  const closed = new Promise<void>((resolve) => {
    announceClosed = resolve;
  });

  stream.on('data', (chunk: Buffer) => {
    try {
      parser.push(chunk, (frame) => {
        if (frame.program === programs.keepalive.number) keepalive.push(frame.procedure);
        else if (frame.type === messageTypes.MESSAGE) {
          const message = readDaemonMessage(frame);
          if (message.kind === 'hint') hints.push(message.hint);
        } else {
          waiting.get(frame.serial)?.resolve({ ...frame, payload: Buffer.from(frame.payload) });
          waiting.delete(frame.serial);
        }
      });
    } catch (error) {
      stream.destroy();
      for (const { reject } of waiting.values()) reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
  stream.on('error', () => {});
  stream.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('The stream ended.'));
    announceClosed();
  });

  function write(program: number, procedure: number, payload: Codec<unknown>, args: unknown): Promise<Frame> {
    serial += 1;
    const header = {
      program,
      version: 1,
      procedure,
      type: messageTypes.CALL,
      serial,
      status: messageStatuses.OK,
    } as const;
    stream.write(encodeFrame(header, payload, args));
    return new Promise((resolve, reject) => waiting.set(serial, { resolve, reject }));
  }

  return {
    stream,
    hints,
    keepalive,
    closed,
    async call(name, args) {
      const procedure = procedures[name];
      const frame = await write(programs.remote.number, procedure.number, procedure.args, args);
      if (frame.status === messageStatuses.ERROR) throw new Refusal(decodePayload(frame, remoteError));
      // The reply of this name is what this name's codec reads.
      return decodePayload(frame, procedure.reply as Codec<ReplyOf<typeof name>>);
    },
    callNumber: (program, procedure) => write(program, procedure, nothing, null),
    ping() {
      const header = {
        program: programs.keepalive.number,
        version: 1,
        procedure: keepaliveProcedures.PING,
        type: messageTypes.MESSAGE,
        serial: 0,
        status: messageStatuses.OK,
      } as const;
      stream.write(encodeFrame(header, nothing, null));
    },
  };
}

/** A client whose connection is open. */
export async function openRawClient(stream: Duplex, name: string, flags = 0): Promise<RawClient> {
  const client = rawClient(stream);
  await client.call('authList', null);
  await client.call('connectOpen', { name, flags });
  return client;
}
