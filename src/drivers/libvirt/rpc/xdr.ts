/**
 * XDR (RFC 4506) as libvirt uses it: everything is big-endian and padded to four bytes.
 *
 * A codec is one value that both reads and writes a type of the wire, so that the two cannot drift apart.
 * Reading trusts nothing: a length is held against a named limit and against the bytes that are there
 * before anything is allocated for it. What is wrong throws `protocolError`, and nothing else.
 * Writing a value past a limit throws `LIMIT_EXCEEDED`, because it came from a caller.
 */
import { VirtgraphError } from '../../../errors.ts';
import type { Uuid } from '../../../model/brands.ts';
import { type LimitName, limits } from './limits.ts';
import { protocolError } from './protocol-error.ts';
import { XdrReader } from './xdr-reader.ts';
import { XdrWriter } from './xdr-writer.ts';

export type Codec<T> = {
  read(reader: XdrReader): T;
  write(writer: XdrWriter, value: T): void;
  /** The fewest bytes that one value takes: an array of N of them cannot be shorter than N times this. */
  readonly minBytes: number;
};

/** The TypeScript type that a codec reads and writes. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

/** Reads one value that must fill `bytes` to the last. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new XdrReader(bytes);
  const value = codec.read(reader);
  reader.expectEnd();
  return value;
}

export function encode<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new XdrWriter();
  codec.write(writer, value);
  return writer.finish();
}

/** No bytes at all: the arguments or the reply of a procedure that has none. */
export const nothing: Codec<null> = { read: () => null, write() {}, minBytes: 0 };

export const int: Codec<number> = {
  read: (reader) => reader.int(),
  write: (writer, value) => writer.int(value),
  minBytes: 4,
};

export const uint: Codec<number> = {
  read: (reader) => reader.uint(),
  write: (writer, value) => writer.uint(value),
  minBytes: 4,
};

/** Signed, 64 bits. */
export const hyper: Codec<bigint> = {
  read: (reader) => reader.hyper(),
  write: (writer, value) => writer.hyper(value),
  minBytes: 8,
};

/** Unsigned, 64 bits. */
export const uhyper: Codec<bigint> = {
  read: (reader) => reader.uhyper(),
  write: (writer, value) => writer.uhyper(value),
  minBytes: 8,
};

/** An unsigned hyper whose meaning keeps it below 2^53, such as a version number. */
export const uhyperNumber: Codec<number> = {
  read(reader) {
    const value = reader.uint() * 2 ** 32 + reader.uint();
    if (!Number.isSafeInteger(value)) throw protocolError('A number that should be small is above 2^53.');
    return value;
  },
  write: (writer, value) => writer.uhyper(BigInt(value)),
  minBytes: 8,
};

/** IEEE 754, 64 bits. */
export const double: Codec<number> = {
  read: (reader) => reader.double(),
  write: (writer, value) => writer.double(value),
  minBytes: 8,
};

/** 0 or 1 on the wire; anything else is an error, as in RFC 4506 §4.4. */
export const bool: Codec<boolean> = {
  read: (reader) => reader.bool(),
  write: (writer, value) => writer.int(value ? 1 : 0),
  minBytes: 4,
};

/** The C `int` that libvirt uses for truth: 0 is false, all else true. */
export const flag: Codec<boolean> = {
  read: (reader) => reader.int() !== 0,
  write: (writer, value) => writer.int(value ? 1 : 0),
  minBytes: 4,
};

/**
 * Text. Bytes that are no UTF-8 are read as U+FFFD: a path with an odd byte on some host is no reason
 * to lose that host. A NUL is refused in what we write, since libvirt would silently cut the text there.
 */
function stringUpTo(limit: LimitName): Codec<string> {
  return {
    read: (reader) => reader.text(reader.length(limit, 1)),
    write(writer, value) {
      if (value.includes('\0')) {
        throw new VirtgraphError('BAD_USER_INPUT', 'A text for libvirt contains a NUL character.');
      }
      writer.text(value, limit);
    },
    minBytes: 4,
  };
}

/** `remote_nonnull_string`. */
export const string = stringUpTo('REMOTE_STRING_MAX');

/** Bytes whose number both sides know. */
export function opaque(byteCount: number): Codec<Buffer> {
  return {
    read: (reader) => reader.opaque(byteCount),
    write(writer, value) {
      if (value.length !== byteCount) throw new RangeError(`Expected ${byteCount} bytes, got ${value.length}.`);
      writer.opaque(value);
    },
    minBytes: (byteCount + 3) & ~3,
  };
}

/** `char name[n]`: rpcgen sends every char as an int of its own; the text ends at the first NUL. */
export function charVector(count: number): Codec<string> {
  return {
    read(reader) {
      const bytes = Buffer.alloc(count);
      for (let i = 0; i < count; i += 1) bytes[i] = reader.int() & 0xff;
      const end = bytes.indexOf(0);
      return bytes.toString('utf8', 0, end < 0 ? count : end);
    },
    write(writer, value) {
      const bytes = Buffer.from(value, 'utf8').subarray(0, count - 1);
      // A C char is signed: the byte 0xFF goes out as -1.
      for (let i = 0; i < count; i += 1) writer.int(((bytes[i] ?? 0) << 24) >> 24);
    },
    minBytes: count * 4,
  };
}

export const uuid: Codec<Uuid> = {
  // Any sixteen bytes are one, and the reader writes it in the canonical form that `parseUuid` makes of others.
  read: (reader) => reader.uuidText() as Uuid,
  write: (writer, value) => writer.opaque(Buffer.from(value.replaceAll('-', ''), 'hex')),
  minBytes: limits.VIR_UUID_BUFLEN,
};

/** A pointer of C: `null` or a value. */
export function optional<T>(codec: Codec<T>): Codec<T | null> {
  return {
    read: (reader) => (reader.bool() ? codec.read(reader) : null),
    write(writer, value) {
      writer.int(value === null ? 0 : 1);
      if (value !== null) codec.write(writer, value);
    },
    minBytes: 4,
  };
}

export function array<T>(codec: Codec<T>, limit: LimitName): Codec<readonly T[]> {
  if (codec.minBytes === 0) throw new RangeError('An array of nothing has no bounded length.');
  return {
    read(reader) {
      const count = reader.length(limit, codec.minBytes);
      const values: T[] = [];
      for (let i = 0; i < count; i += 1) values.push(codec.read(reader));
      return values;
    },
    write(writer, values) {
      writer.length(values.length, limit);
      for (const value of values) codec.write(writer, value);
    },
    minBytes: 4,
  };
}

type Fields = Readonly<Record<string, Codec<never> | Codec<unknown>>>;
type Struct<F> = { readonly [K in keyof F]: F[K] extends Codec<infer T> ? T : never };

/** Fields in the order in which they are written here. */
export function struct<F extends Fields>(fields: F): Codec<Struct<F>> {
  // Object.entries keeps insertion order for names that are no integers, which no field of ours is.
  const entries = Object.entries(fields) as [string, Codec<unknown>][];
  return {
    read(reader) {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.read(reader);
      // Every field was just read by its own codec.
      return value as Struct<F>;
    },
    write(writer, value) {
      const record = value as Readonly<Record<string, unknown>>;
      for (const [name, codec] of entries) codec.write(writer, record[name]);
    },
    minBytes: entries.reduce((sum, [, codec]) => sum + codec.minBytes, 0),
  };
}
