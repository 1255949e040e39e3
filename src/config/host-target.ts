import { resolve } from 'node:path';
import type { HostTarget, SecretSource, SshHop } from '../model/target.ts';
import { readJumpHops } from './jump-hops.ts';
import { asList, asRecord, asText } from './plain.ts';
import { readHostUri } from './uri/host-uri.ts';
import { redactUri } from './uri/redact-uri.ts';

/** What paths in the configuration are relative to. */
export type Places = { readonly baseDir: string; readonly homeDir: string };

export type PathReport = (path: readonly (string | number)[], sentence: string) => void;

export type ReadHost = { readonly target: HostTarget; readonly warnings: readonly string[] };

/**
 * Gives one entry of `hosts:` its meaning. Its shape is judged elsewhere (schema.ts): what has the wrong one is passed
 * over in silence here, so that the rest of the entry is judged all the same. `null` after a mistake.
 */
export function readHostTarget(entry: unknown, places: Places, report: PathReport): ReadHost | null {
  const host = asRecord(entry);
  const name = asText(host?.['name']);
  const text = asText(host?.['uri']);
  if (host === null || text === null) return null;
  let jumpIsRight = true;
  const jump = readJump(host['jump'], (path, sentence) => {
    jumpIsRight = false;
    report(['jump', ...path], sentence);
  });
  const context = {
    jump,
    passphrase: readSecret(host['passphrase'], places),
    password: readSecret(host['password'], places),
    homeDir: places.homeDir,
  };
  const uri = readHostUri(text, context, (sentence) =>
    report(['uri'], `${sentence} Saw ${JSON.stringify(redactUri(text))}.`),
  );
  if (uri === null || name === null || !jumpIsRight) return null;
  const { warnings, ...address } = uri;
  const target = {
    name,
    uri: text,
    labels: readLabels(host['labels']),
    readOnly: host['readOnly'] === true,
    ...address,
  };
  return { target, warnings: warnings.map((warning) => `host ${name}: ${warning}`) };
}

/** A path as written in the configuration, made absolute. */
export function resolvePath(path: string, { baseDir, homeDir }: Places): string {
  return path.startsWith('~/') ? homeDir + path.slice(1) : resolve(baseDir, path);
}

function readJump(value: unknown, report: PathReport): readonly SshHop[] {
  if (Array.isArray(value)) return asList(value).flatMap((hop, index) => readHop(hop, [index], report));
  return readHop(value, [], report);
}

function readHop(value: unknown, path: readonly (string | number)[], report: PathReport): readonly SshHop[] {
  if (typeof value === 'string') return readJumpHops(value, (sentence) => report(path, sentence));
  const hop = asRecord(value);
  const host = asText(hop?.['host']);
  if (hop === null || host === null) return [];
  const port = hop['port'];
  const user = asText(hop['user']);
  // The same rules as for the text: written into one, an address of IPv6 in brackets.
  const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const written = `${user === null ? '' : `${encodeURIComponent(user)}@`}${bracketed}`;
  const hops = readJumpHops(written, (sentence) => report(path, sentence));
  if (hops.length > 1 || hops.some((one) => one.port !== null)) {
    report(
      [...path, 'host'],
      'Expected one host name or address; a port has a key of its own, and so has each hop an entry.',
    );
  }
  return hops.map((one) => ({ ...one, port: typeof port === 'number' ? port : null }));
}

function readSecret(value: unknown, places: Places): SecretSource | null {
  const secret = asRecord(value);
  const file = asText(secret?.['file']);
  if (file !== null) return { kind: 'file', path: resolvePath(file, places) };
  const variable = asText(secret?.['env']);
  return variable === null ? null : { kind: 'environment', variable };
}

function readLabels(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(asRecord(value) ?? {});
  return Object.fromEntries(entries.flatMap(([key, label]) => (typeof label === 'string' ? [[key, label]] : [])));
}
