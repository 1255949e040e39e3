import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from './run.ts';

export const keyTypes = ['ed25519', 'ecdsa', 'rsa'] as const;
export type KeyType = (typeof keyTypes)[number];

/** Private key files of the lab's users; `.pub` beside each. */
export interface ClientKeys {
  readonly ed25519: string;
  readonly ecdsa: string;
  readonly rsa: string;
  /** ed25519, opened by `passphrase`. */
  readonly encrypted: string;
  readonly passphrase: string;
  /** A good key that no host lets in. */
  readonly stranger: string;
}

/** `known_hosts` files about the same hosts, one for each way in which such a file can be. */
export interface KnownHosts {
  /** Every host with all its keys, in the clear. */
  readonly right: string;
  /** Every host with keys that are not its own. */
  readonly wrong: string;
  /** No host of the lab. */
  readonly missing: string;
  /** As `right`, with the names hashed by ssh-keygen. */
  readonly hashed: string;
  /** As `right`, and every one of those keys revoked. */
  readonly revoked: string;
  /** Every host known only by a certificate authority. */
  readonly authority: string;
}

/** Makes the key pair `path`, `path.pub`. */
export async function createKey(path: string, type: KeyType, passphrase = ''): Promise<string> {
  // 2048 bits, because a lab key guards nothing and a larger one takes seconds on a busy machine.
  const size = type === 'rsa' ? ['-b', '2048'] : [];
  await runOk(['ssh-keygen', '-q', '-t', type, ...size, '-N', passphrase, '-C', 'virtgraph-lab', '-f', path]);
  return path;
}

export async function createClientKeys(folder: string): Promise<ClientKeys> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const passphrase = 'correct horse battery staple';
  const [ed25519, ecdsa, rsa, encrypted, stranger] = await Promise.all([
    createKey(join(folder, 'id_ed25519'), 'ed25519'),
    createKey(join(folder, 'id_ecdsa'), 'ecdsa'),
    createKey(join(folder, 'id_rsa'), 'rsa'),
    createKey(join(folder, 'id_encrypted'), 'ed25519', passphrase),
    createKey(join(folder, 'id_stranger'), 'ed25519'),
  ]);
  return { ed25519, ecdsa, rsa, encrypted, passphrase, stranger };
}

/** The keys that every host of the lab lets in, one a line. */
export function authorizedKeys(keys: ClientKeys): string {
  return [keys.ed25519, keys.ecdsa, keys.rsa, keys.encrypted].map(publicKey).join('');
}

/** The line of a key's `.pub` file, with its line end. */
export function publicKey(path: string): string {
  return readFileSync(`${path}.pub`, 'utf8');
}

/** Names under which sshd is found, as known_hosts writes them, with the private key files that it shows. */
export interface KnownServer {
  readonly names: readonly string[];
  readonly hostKeys: readonly string[];
}

/** Writes all variants of known_hosts about these servers. `impostors` holds one key of each type, of nobody. */
export async function writeKnownHosts(
  folder: string,
  servers: readonly KnownServer[],
  impostors: readonly string[],
): Promise<KnownHosts> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string) => join(folder, `known_hosts.${name}`);
  const lines = (marker: string, keysOf: (server: KnownServer) => readonly string[]) =>
    servers.flatMap((server) => keysOf(server).map((key) => knownHostsLine(marker, server.names, key))).join('');

  const right = lines('', (server) => server.hostKeys);
  writeFileSync(file('right'), right);
  writeFileSync(file('hashed'), right);
  await runOk(['ssh-keygen', '-q', '-H', '-f', file('hashed')]);
  writeFileSync(file('hashed.old'), ''); // the copy in the clear that ssh-keygen keeps would give the names away
  writeFileSync(
    file('wrong'),
    lines('', () => impostors),
  );
  writeFileSync(file('missing'), `elsewhere.example ${keyOf(impostors[0] ?? '')}\n`);
  writeFileSync(file('revoked'), lines('@revoked ', (server) => server.hostKeys) + right);
  writeFileSync(
    file('authority'),
    lines('@cert-authority ', () => impostors.slice(0, 1)),
  );
  return {
    right: file('right'),
    wrong: file('wrong'),
    missing: file('missing'),
    hashed: file('hashed'),
    revoked: file('revoked'),
    authority: file('authority'),
  };
}

/** Adds a server that was started later to the file of right keys. */
export function addKnownServer(path: string, server: KnownServer): void {
  appendFileSync(path, server.hostKeys.map((key) => knownHostsLine('', server.names, key)).join(''));
}

function knownHostsLine(marker: string, names: readonly string[], key: string): string {
  return `${marker}${names.join(',')} ${keyOf(key)}\n`;
}

/** Type and key in base64, without the comment. */
function keyOf(path: string): string {
  return publicKey(path).trim().split(' ').slice(0, 2).join(' ');
}
