/**
 * A decoder as one writes it first: an object for each domain with a property for each parameter, every name made into a
 * text, every number of 64 bits into a BigInt.
 */
export type DomainObject = {
  readonly name: string;
  readonly uuid: string;
  readonly id: number;
  readonly params: Record<string, number | bigint | boolean | string>;
};

export function decodeIntoObjects(bytes: Buffer): DomainObject[] {
  let offset = 0;
  const uint = () => {
    offset += 4;
    return bytes.readUInt32BE(offset - 4);
  };
  const int = () => {
    offset += 4;
    return bytes.readInt32BE(offset - 4);
  };
  const text = () => {
    const length = uint();
    const value = bytes.toString('utf8', offset, offset + length);
    offset += (length + 3) & ~3;
    return value;
  };
  const value = () => {
    switch (uint()) {
      case 1:
        return int();
      case 2:
        return uint();
      case 3:
        offset += 8;
        return bytes.readBigInt64BE(offset - 8);
      case 4:
        offset += 8;
        return bytes.readBigUInt64BE(offset - 8);
      case 5:
        offset += 8;
        return bytes.readDoubleBE(offset - 8);
      case 6:
        return int() !== 0;
      case 7:
        return text();
      default:
        throw new Error('a parameter of unknown type');
    }
  };
  const domains: DomainObject[] = [];
  for (let left = uint(); left > 0; left -= 1) {
    const name = text();
    const hex = bytes.toString('hex', offset, offset + 16);
    offset += 16;
    const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    const id = int();
    const params: DomainObject['params'] = {};
    for (let count = uint(); count > 0; count -= 1) params[text()] = value();
    domains.push({ name, uuid, id, params });
  }
  return domains;
}
