/** Types that look alike as strings and must never be mixed. The only casts are in the parsers named here. */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Canonical form `52:54:00:12:34:56`: lower case, colons. Made by `parseMac` in src/net/mac.ts. */
export type MacAddress = Brand<string, 'MacAddress'>;

/** Lower-case UUID with dashes. Made by `parseUuid`. Also used for networks, pools and secrets. */
export type Uuid = Brand<string, 'Uuid'>;

/** A place in the journal of changes; opaque to clients. Made by src/fleet/journal/cursor.ts. */
export type Cursor = Brand<string, 'Cursor'>;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const bareUuidPattern = /^[0-9a-f]{32}$/;

/** Reads a UUID with or without dashes, in any case; `null` when it is none. */
export function parseUuid(text: string): Uuid | null {
  const lower = text.trim().toLowerCase();
  if (uuidPattern.test(lower)) return lower as Uuid;
  if (!bareUuidPattern.test(lower)) return null;
  const dashed = `${lower.slice(0, 8)}-${lower.slice(8, 12)}-${lower.slice(12, 16)}-${lower.slice(16, 20)}-${lower.slice(20)}`;
  return dashed as Uuid;
}
