/** The far end of a test: a real unix socket on which a test answers frame by frame. */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  encodeFrame,
  type Frame,
  FrameParser,
  messageStatuses,
  messageTypes,
  programs,
} from '../../../../src/drivers/libvirt/rpc/frame.ts';
import { remoteError } from '../../../../src/drivers/libvirt/rpc/objects.ts';
import { type ProcedureName, procedures } from '../../../../src/drivers/libvirt/rpc/procedures.ts';
import type { Codec } from '../../../../src/drivers/libvirt/rpc/xdr.ts';

export type ScriptedDaemon = {
  /** What the client speaks into. */
  readonly client: net.Socket;
  /** The next frame that the client sent, in order. */
  next(): Promise<Frame>;
  /** The next call, which must be of that procedure. */
  nextCall(name: ProcedureName): Promise<Frame>;
  reply(call: Frame, name: ProcedureName, value: unknown): void;
  refuse(call: Frame, code: number, message: string): void;
  send(bytes: Uint8Array): void;
  /** Frames that have come and that nobody has asked for. */
  readonly waiting: number;
  readonly socket: net.Socket;
  close(): Promise<void>;
};

export async function openScriptedDaemon(): Promise<ScriptedDaemon> {
  const directory = await mkdtemp(path.join(tmpdir(), 'virtgraph-rpc-'));
  const server = net.createServer();
  server.listen(path.join(directory, 's'));
  await once(server, 'listening');
  const client = net.connect(path.join(directory, 's'));
  const [socket] = (await once(server, 'connection')) as [net.Socket];

  const frames: Frame[] = [];
  const readers: ((frame: Frame) => void)[] = [];
  const parser = new FrameParser();
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    parser.push(chunk, (frame) => {
      const copy = { ...frame, payload: Buffer.from(frame.payload) };
      const reader = readers.shift();
      if (reader) reader(copy);
      else frames.push(copy);
    });
  });

  const next = () => {
    const frame = frames.shift();
    return frame ? Promise.resolve(frame) : new Promise<Frame>((resolve) => readers.push(resolve));
  };
  return {
    client,
    socket,
    next,
    async nextCall(name) {
      const frame = await next();
      if (frame.procedure !== procedures[name].number) {
        throw new Error(`Expected a call of ${name}, got procedure ${frame.procedure}.`);
      }
      return frame;
    },
    reply(call, name, value) {
      // A test gives the value that belongs to the name.
      socket.write(replyFrame(call, procedures[name].reply as Codec<unknown>, value));
    },
    refuse(call, code, message) {
      socket.write(errorFrame(call, code, message));
    },
    send: (bytes) => socket.write(bytes),
    get waiting() {
      return frames.length;
    },
    async close() {
      client.destroy();
      socket.destroy();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function replyFrame<T>(call: Frame, codec: Codec<T>, value: T): Buffer {
  const { program, version, procedure, serial } = call;
  const header = { program, version, procedure, serial, type: messageTypes.REPLY, status: messageStatuses.OK } as const;
  return encodeFrame(header, codec, value);
}

function errorFrame(call: Frame, code: number, message: string): Buffer {
  const { procedure, serial } = call;
  const header = {
    program: programs.remote.number,
    version: programs.remote.version,
    procedure,
    serial,
    type: messageTypes.REPLY,
    status: messageStatuses.ERROR,
  } as const;
  return encodeFrame(header, remoteError, {
    code,
    domain: 10,
    message,
    level: 2,
    domainRef: null,
    str1: null,
    str2: null,
    str3: null,
    int1: 0,
    int2: 0,
    networkRef: null,
  });
}
