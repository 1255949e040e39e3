import { createHash, createHmac } from 'node:crypto';
import * as fc from 'fast-check';

function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A public key in wire format that OpenSSH takes for one; the same number gives the same key. */
export function keyBlob(type: 'ssh-ed25519' | 'ssh-rsa', number: number): Buffer {
  const seed = createHash('sha256').update(`${type} ${number}`).digest();
  const name = sshString(Buffer.from(type));
  if (type === 'ssh-ed25519') return Buffer.concat([name, sshString(seed)]);
  // 2048 bits, the lowest that OpenSSH reads without complaint being 1024; odd, and with a leading zero as of a positive number.
  const modulus = Buffer.concat([Buffer.from([0, 0x80]), ...Array<Buffer>(8).fill(seed)]).subarray(0, 257);
  modulus[256] = (modulus[256] ?? 0) | 1;
  return Buffer.concat([name, sshString(Buffer.from([1, 0, 1])), sshString(modulus)]);
}

/** Few names, so that lines and questions meet. */
const names = ['web', 'db', 'db.example.com', 'web.example.com', '10.0.0.1', '10.0.0.12', 'fd00::1'];
const ports = [22, 2222];

export const arbitraryHost = fc.record({ host: fc.constantFrom(...names), port: fc.constantFrom(...ports) });

const literalName = arbitraryHost.map(({ host, port }) => (port === 22 ? host : `[${host}]:${port}`));
const pattern = fc.constantFrom('*', '*.example.com', 'w?b', '10.0.0.*', '10.0.0.?', '[*]:2222', '??', 'DB', '*b*', '');
const negated = fc.constantFrom('!web', '!db.example.com', '!*.example.com', '!10.0.0.12', '![web]:2222', '!');

const nameList = fc
  .array(fc.oneof({ weight: 3, arbitrary: literalName }, pattern, negated), { minLength: 1, maxLength: 4 })
  .map((words) => words.join(','))
  .filter((list) => list !== '');

const hashedName = fc.tuple(literalName, fc.nat(3)).map(([name, number]) => {
  const salt = createHash('sha1').update(String(number)).digest();
  const hash = createHmac('sha1', salt).update(name).digest();
  return `|1|${salt.toString('base64')}|${hash.toString('base64')}`;
});

const keyText = fc
  .tuple(fc.constantFrom('ssh-ed25519', 'ssh-rsa'), fc.nat(5))
  .map(([type, number]) => `${type} ${keyBlob(type, number).toString('base64')}`);

const entryLine = fc
  .tuple(
    fc.constantFrom('', '', '', '@revoked ', '@cert-authority '),
    fc.oneof(nameList, hashedName),
    fc.constantFrom(' ', '  ', '\t'),
    keyText,
    fc.constantFrom('', ' a comment', ' # another'),
  )
  .map(([marker, who, gap, key, comment]) => `${marker}${who}${gap}${key}${comment}`);

const otherLine = fc.constantFrom('', '   ', '# a comment', '#web ssh-ed25519 AAAA');

/** A known_hosts file as one might find it: every form of line, blank lines and comments. */
export const arbitraryFile = fc
  .array(fc.oneof({ weight: 5, arbitrary: entryLine }, otherLine), { maxLength: 8 })
  .map((lines) => lines.map((line) => `${line}\n`).join(''));
