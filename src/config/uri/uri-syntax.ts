import { decodePercent, type Endpoint, type Report, readEndpoint } from '../endpoint.ts';

export type UriParameter = { readonly name: string; readonly value: string };

/** The pieces of `driver[+transport]://[user@][host][:port]/path[?params]`, not yet judged. */
export type UriParts = {
  /** Lower case. */
  readonly driver: string;
  /** Lower case; `null` when there is none. */
  readonly transport: string | null;
  readonly endpoint: Endpoint;
  /** As written, percent-encoding included; empty or with a leading slash. */
  readonly path: string;
  readonly parameters: readonly UriParameter[];
};

const maxUriLength = 4_096;
const uriPattern = /^([a-z][a-z0-9.-]*)(?:\+([a-z0-9]+))?:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/i;

/** Splits a URI; `null` after a mistake that leaves nothing to go on with. */
export function splitUri(text: string, report: Report): UriParts | null {
  if (text.length > maxUriLength) {
    report(`Expected at most ${maxUriLength} characters, saw ${text.length}.`);
    return null;
  }
  if (/[\s\p{Cc}]/u.test(text)) {
    report('A URI holds no white space or control characters; write them percent-encoded, such as %20.');
    return null;
  }
  const match = uriPattern.exec(text);
  if (!match) {
    report(
      'Expected driver[+transport]://[user@][host][:port]/path[?parameters], such as qemu+ssh://root@host.example/system.',
    );
    return null;
  }
  const [, driver = '', transport, authority = '', path = '', query, fragment] = match;
  if (fragment !== undefined) report('A libvirt URI has no fragment; write "#" as %23.');
  if (decodePercent(path) === null)
    report('The path has percent-encoding that cannot be read, or a control character.');
  const endpoint = readEndpoint(authority, report);
  const parameters = query === undefined ? [] : readParameters(query, report);
  if (endpoint === null) return null;
  return {
    driver: driver.toLowerCase(),
    transport: transport?.toLowerCase() ?? null,
    endpoint,
    path,
    parameters,
  };
}

/**
 * Pairs of `name=value` between `&`; only behind the last of these does `;` separate too, as in libvirt's
 * `virURIParseParams`. A plus stands for itself. Names are compared without case.
 */
function readParameters(query: string, report: Report): readonly UriParameter[] {
  const pairs = query.split('&');
  const last = pairs.pop() ?? '';
  return [...pairs, ...last.split(';')]
    .filter((pair) => pair !== '')
    .flatMap((pair) => {
      const equals = pair.indexOf('=');
      const name = decodePercent(equals < 0 ? pair : pair.slice(0, equals));
      const value = equals < 0 ? '' : decodePercent(pair.slice(equals + 1));
      if (name !== null && name !== '' && value !== null) return [{ name: name.toLowerCase(), value }];
      report('Expected parameters as name=value, with special characters percent-encoded.');
      return [];
    });
}
