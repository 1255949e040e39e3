import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encodeFrame,
  type Frame,
  type FrameHeader,
  FrameParser,
  maxFrameBytes,
  messageStatuses,
  messageTypes,
  programs,
} from '../../../../src/drivers/libvirt/rpc/frame.ts';
import { nothing, string } from '../../../../src/drivers/libvirt/rpc/xdr.ts';
import { VirtgraphError } from '../../../../src/errors.ts';

const header = (serial: number): FrameHeader => ({
  program: programs.remote.number,
  version: programs.remote.version,
  procedure: 66,
  type: messageTypes.CALL,
  serial,
  status: messageStatuses.OK,
});

function parse(chunks: readonly Uint8Array[]): Frame[] {
  const parser = new FrameParser();
  const frames: Frame[] = [];
  // Copied, because a payload is only a view into what arrived.
  for (const chunk of chunks) {
    parser.push(chunk, (frame) => frames.push({ ...frame, payload: Buffer.from(frame.payload) }));
  }
  return frames;
}

describe('a frame', () => {
  test('without a payload is its golden bytes', () => {
    // Length 28, program, version 1, procedure 66 (AUTH_LIST), type CALL, serial 0, status OK.
    const bytes = '0000001c200080860000000100000042000000000000000000000000';
    expect(encodeFrame(header(0), nothing, null).toString('hex')).toBe(bytes);
    expect(parse([Buffer.from(bytes, 'hex')])).toEqual([{ ...header(0), payload: Buffer.alloc(0) }]);
  });

  test('states its own length, payload included', () => {
    const bytes = encodeFrame(header(3), string, 'abcde');
    expect(bytes.readUInt32BE(0)).toBe(28 + 12);
    expect(bytes.length).toBe(40);
  });
});

describe('the parser', () => {
  const frames = fc.array(
    fc.record({ serial: fc.nat(), text: fc.string({ maxLength: 40 }).map((text) => text.replaceAll('\0', '')) }),
    { minLength: 1, maxLength: 6 },
  );

  test('finds the same frames however the bytes are split', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat({ max: 400 }), { maxLength: 30 }), (wanted, cuts) => {
        const bytes = Buffer.concat(wanted.map(({ serial, text }) => encodeFrame(header(serial), string, text)));
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
        const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
        expect(parse(chunks)).toEqual(parse([bytes]));
        expect(parse([bytes]).map(({ serial }) => serial)).toEqual(wanted.map(({ serial }) => serial));
      }),
    );
  });

  test('finds two frames cut at every position', () => {
    const bytes = Buffer.concat([encodeFrame(header(1), string, 'first'), encodeFrame(header(2), string, 'second')]);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(parse([bytes.subarray(0, cut), bytes.subarray(cut)])).toHaveLength(2);
    }
  });

  test('takes a large frame in many small pieces in linear time', () => {
    const bytes = encodeFrame(header(1), string, 'x'.repeat(4_000_000));
    const parser = new FrameParser();
    let count = 0;
    for (let offset = 0; offset < bytes.length; offset += 100) {
      parser.push(bytes.subarray(offset, offset + 100), () => (count += 1));
    }
    expect(count).toBe(1);
    expect(parser.pendingBytes).toBe(0);
  });

  test.each([
    ['of 4 GB', 'ffffffff'],
    ['one byte above the limit', (maxFrameBytes + 1).toString(16).padStart(8, '0')],
    ['shorter than a header', '0000001b'],
    ['of length 0', '00000000'],
  ])('refuses a frame %s as soon as its length is there', (_name, length) => {
    const parser = new FrameParser();
    expect(() => parser.push(Buffer.from(length, 'hex'), () => {})).toThrow(/A frame says it has/);
    expect(parser.pendingBytes).toBeLessThanOrEqual(4);
  });

  test('holds no more memory for a promised frame than has arrived of it, but for doubling', () => {
    const parser = new FrameParser();
    const before = process.memoryUsage().arrayBuffers;
    parser.push(Buffer.from(maxFrameBytes.toString(16).padStart(8, '0'), 'hex'), () => {});
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  test('takes nothing more after a bad byte', () => {
    const parser = new FrameParser();
    const good = encodeFrame(header(1), nothing, null);
    expect(() => parser.push(Buffer.from('00000000', 'hex'), () => {})).toThrow(/least/);
    expect(() => parser.push(good, () => {})).toThrow(/after a frame that could not be read/);
  });

  test.each([
    ['type', 16],
    ['status', 24],
  ])('refuses an unknown %s', (name, offset) => {
    const bytes = encodeFrame(header(1), nothing, null);
    bytes.writeInt32BE(9, offset);
    expect(() => parse([bytes])).toThrow(`unknown ${name} 9`);
  });

  test('any bytes give frames or a protocol error', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), (chunks) => {
        expect(['frames', 'PROTOCOL_ERROR']).toContain(outcome(chunks));
      }),
    );
  });
});

function outcome(chunks: readonly Uint8Array[]): string | undefined {
  try {
    parse(chunks);
    return 'frames';
  } catch (error) {
    return error instanceof VirtgraphError ? error.detail.problem : String(error);
  }
}
