import { readSshString } from '../host-key.ts';

/**
 * One line of a known_hosts file, in the format of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT":
 * `[@marker] names keytype base64-key [comment]`.
 */
export type KnownHostEntry = {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  readonly names: HashedName | readonly NamePattern[];
  readonly keyType: string;
  readonly key: Buffer;
  readonly file: string;
  /** From 1. */
  readonly line: number;
};

/** `|1|salt|hash`: HMAC-SHA1 of the name under the salt, so that the file does not tell where one logs in. */
export type HashedName = { readonly salt: Buffer; readonly hash: Buffer };

/** Lower case; `*` and `?` are wildcards. A negated pattern that matches makes the whole line not match. */
export type NamePattern = { readonly negated: boolean; readonly pattern: string };

export type KnownHostsFile = {
  readonly path: string;
  readonly entries: readonly KnownHostEntry[];
  /** Lines that are neither empty, comments nor entries. OpenSSH passes over them; we can name them. */
  readonly malformedLines: readonly number[];
};

export function parseKnownHosts(text: string, path: string): KnownHostsFile {
  const entries: KnownHostEntry[] = [];
  const malformedLines: number[] = [];
  for (const [index, rawLine] of text.split('\n').entries()) {
    const line = rawLine.trim();
    if (line === '' || line.startsWith('#')) continue;
    const entry = parseLine(line, path, index + 1);
    if (entry) entries.push(entry);
    else malformedLines.push(index + 1);
  }
  return { path, entries, malformedLines };
}

const markers: Readonly<Record<string, KnownHostEntry['marker']>> = {
  '@revoked': 'revoked',
  '@cert-authority': 'cert-authority',
};

function parseLine(text: string, file: string, line: number): KnownHostEntry | null {
  const words = text.split(/[ \t]+/);
  const firstWord = words[0] ?? '';
  const marker = firstWord.startsWith('@') ? markers[firstWord] : 'none';
  if (marker === undefined) return null;
  const [nameField, keyType, keyText] = marker === 'none' ? words : words.slice(1);
  if (nameField === undefined || keyType === undefined || keyText === undefined) return null;
  const names = nameField.startsWith('|') ? parseHashedName(nameField) : parsePatterns(nameField);
  const key = decodeBase64(keyText);
  // The type is written twice, before the key and within it; a line where the two differ is none we can trust.
  if (!names || !key || readSshString(key, 0)?.toString('latin1') !== keyType) return null;
  return { marker, names, keyType, key, file, line };
}

function parseHashedName(field: string): HashedName | null {
  const [empty, version, saltText, hashText, ...rest] = field.split('|');
  if (empty !== '' || version !== '1' || saltText === undefined || hashText === undefined || rest.length > 0) {
    return null;
  }
  const salt = decodeBase64(saltText);
  const hash = decodeBase64(hashText);
  return salt && hash && salt.length === sha1Bytes && hash.length === sha1Bytes ? { salt, hash } : null;
}

function parsePatterns(field: string): readonly NamePattern[] {
  return field
    .toLowerCase()
    .split(',')
    .filter((word) => word !== '' && word !== '!')
    .map((word) =>
      word.startsWith('!') ? { negated: true, pattern: word.slice(1) } : { negated: false, pattern: word },
    );
}

const sha1Bytes = 20;
const base64Pattern = /^[A-Za-z0-9+/]+={0,2}$/;

/** `Buffer.from` passes over what is not base64; a damaged key must not become a shorter one. */
function decodeBase64(text: string): Buffer | null {
  return base64Pattern.test(text) && text.length % 4 === 0 ? Buffer.from(text, 'base64') : null;
}
