import { isIPv6 } from 'node:net';
import type { SshHop } from '../model/target.ts';

/** Told of each mistake as a sentence; whoever passes it knows where the text stands. */
export type Report = (sentence: string) => void;

/** `[user@]host[:port]` as found; an empty host is `null`, for the caller to judge. */
export type Endpoint = Omit<SshHop, 'host'> & { readonly host: string | null };

/** RFC 1035's limit of a name. */
const maxHostLength = 255;
/** A name, an address or an alias of ssh_config. Never begins with a dash: it may become an argument of `ssh -G`. */
const hostPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const userPattern = /^[^\s\p{Cc}:@/\\-][^\s\p{Cc}:@/\\]*$/u;

/**
 * Reads `[user@]host[:port]`; IPv6 addresses stand in brackets, parts may be percent-encoded.
 * What it says never repeats the text, because a password may have been written there by mistake.
 */
export function readEndpoint(text: string, report: Report): Endpoint | null {
  const at = text.lastIndexOf('@');
  const user = at < 0 ? null : readUser(text.slice(0, at), report);
  const rest = text.slice(at + 1);
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(rest);
  if (!match) {
    report('Expected [user@]host[:port], with an IPv6 address in brackets, such as [2001:db8::1]:22.');
    return null;
  }
  const [, bracketed, name, portText] = match;
  const host = bracketed === undefined ? readHost(name ?? '', report) : readIpv6(bracketed, report);
  const port = portText === undefined ? null : readPort(portText, report);
  if (user === undefined || host === undefined || port === undefined) return null;
  return { user, host, port };
}

/** Percent-decoded text without control characters; `null` when it is not that. */
export function decodePercent(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text);
    return /\p{Cc}/u.test(decoded) ? null : decoded;
  } catch {
    return null;
  }
}

// In these readers `undefined` means: a mistake, which has been reported.

function readUser(text: string, report: Report): string | undefined {
  if (text.includes(':')) {
    report(
      "A password must not stand in an address; say where it lies instead, with the host's `password: { file: … }` or `{ env: … }`.",
    );
    return undefined;
  }
  const user = decodePercent(text);
  if (user !== null && userPattern.test(user)) return user;
  report('Expected a user name before the "@", without white space and not beginning with a dash.');
  return undefined;
}

function readHost(text: string, report: Report): string | null | undefined {
  if (text === '') return null;
  const host = decodePercent(text);
  if (host !== null && host.length <= maxHostLength && hostPattern.test(host)) return host;
  report(
    'Expected a host name or address of letters, digits, dots, dashes and underscores, not beginning with a dash.',
  );
  return undefined;
}

function readIpv6(text: string, report: Report): string | undefined {
  const address = decodePercent(text);
  if (address !== null && isIPv6(address) && /^[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?$/.test(address)) return address;
  report('Expected an IPv6 address between the brackets.');
  return undefined;
}

function readPort(text: string, report: Report): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  report('Expected a port from 1 to 65535 after the colon.');
  return undefined;
}
