/** A text frame of a client: masked with zeros, which is a mask like any other and leaves the text as it is. */
export function clientText(text: string): Buffer {
  return clientFrame(0x81, Buffer.from(text));
}

export const clientPong = clientFrame(0x8a, Buffer.alloc(0));

function clientFrame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const header = length < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
  header[0] = first;
  if (length < 126) {
    header[1] = 0x80 | length;
  } else {
    if (length > 0xffff) throw new Error(`A message of ${length} bytes is more than this client sends.`);
    header[1] = 0x80 | 126;
    header.writeUInt16BE(length, 2);
  }
  return Buffer.concat([header, payload]);
}
