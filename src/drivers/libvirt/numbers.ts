const most = BigInt(Number.MAX_SAFE_INTEGER);

/** A number of bytes as the model has it; one above 2^53 - 1, such as libvirt's "unlimited", is `null`. */
export function safeBytes(bytes: bigint): number | null {
  return bytes >= 0n && bytes <= most ? Number(bytes) : null;
}
