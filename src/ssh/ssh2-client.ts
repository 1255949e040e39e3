import type { Duplex } from 'node:stream';
import ssh2, { type ClientChannel } from 'ssh2';
import { ciphers, keyExchanges, macs, orderHostKeyAlgorithms } from './algorithms.ts';
import type { RawChannel } from './channel-stream.ts';
import { fingerprintOf } from './host-key.ts';
import { type AuthAttempt, noMoreAttempts, toVendorAttempt } from './ssh2-credentials.ts';
import { gatherWrites, prepareKeys, releaseHandshake, withoutPool } from './ssh2-shortcuts.ts';

// The door to the SSH library. What it gets wrong is put right here or noted here. The other is ssh2-credentials.ts.

export type ChannelRequest =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | ({ readonly kind: 'command'; readonly command: string } & CommandEvents);

/** Told as they come, which may be in the same moment as the answer: a listener of whoever gets the channel would be late. */
export type CommandEvents = {
  /** `code: null`: a signal ended it. */
  readonly onExit: (code: number | null, signalName?: string) => void;
  /** What it writes to standard error. */
  readonly onStderr: (chunk: Buffer) => void;
};

/** The server's answer to a channel that it did not open. RFC 4254 section 5.1: 1 prohibited, 2 connect failed, … */
export class ChannelRefused extends Error {
  readonly reason: number | null;
  constructor(reason: number | null, description: string) {
    super(description);
    this.reason = reason;
  }
}

export type HandshakeStage = 'key-exchange' | 'authentication';

/** What both sides agreed on. Of ciphers that authenticate by themselves, `mac` is empty. */
export type NegotiatedAlgorithms = {
  readonly keyExchange: string;
  readonly hostKey: string;
  readonly cipher: string;
  readonly mac: string;
};

export type ClientOptions = {
  readonly stream: Duplex;
  readonly user: string;
  readonly trustedKeyTypes: readonly string[];
  /** Resolves to whether to go on; asked at every key exchange. */
  readonly acceptHostKey: (key: Buffer) => Promise<boolean>;
  /** What to try next. `offered`: methods the server would still take, `null` before its first answer. */
  readonly nextAttempt: (offered: readonly string[] | null) => Promise<AuthAttempt | null>;
  readonly onStage: (stage: HandshakeStage) => void;
  /** What the server calls itself, such as `OpenSSH_9.2p1 Debian-2`. */
  readonly onServerVersion: (version: string) => void;
  /** Told before the stage `authentication`, and thus after the host key was accepted. */
  readonly onAlgorithms: (algorithms: NegotiatedAlgorithms) => void;
  readonly keepaliveIntervalMs: number;
};

export type Ssh2Client = {
  readonly hostKeyFingerprint: string;
  openChannel(request: ChannelRequest): Promise<RawChannel>;
  /** Never rejects. `error`: `null` when the far end or we closed it in order. */
  readonly over: Promise<{ readonly error: Error | null; readonly keepaliveTimedOut: boolean }>;
  end(): void;
};

/**
 * Key exchange and authentication over a stream that is connected. Rejects with the library's error; whoever calls
 * keeps the stages apart by `onStage`, sets the deadline, and destroys the stream.
 */
export function openSsh2Client(options: ClientOptions): Promise<Ssh2Client> {
  const client = new ssh2.Client();
  let fingerprint = '';
  let exhausted = false;
  let ready = false;

  const over = new Promise<{ error: Error | null; keepaliveTimedOut: boolean }>((resolve) => {
    client.on('error', (error: Error & { level?: string }) => {
      // An agent or a key that cannot sign is no end: the library goes on to the next attempt by itself.
      const passing = error.level === 'agent' || (error.level === 'client-authentication' && !exhausted);
      if (!passing) resolve({ error, keepaliveTimedOut: ready && error.level === 'client-timeout' });
    });
    client.on('end', () => resolve({ error: null, keepaliveTimedOut: false }));
    client.on('close', () => resolve({ error: null, keepaliveTimedOut: false }));
  });

  return new Promise((resolve, reject) => {
    over.then(({ error }) => reject(error ?? new Error('the server closed the connection')), reject);
    // Emitted again each time keys are renewed.
    client.on('handshake', () => {
      prepareKeys(client);
      if (ready) releaseHandshake(client);
    });
    client.once('handshake', ({ kex, serverHostKey, cs }) => {
      options.onAlgorithms({ keyExchange: kex, hostKey: serverHostKey, cipher: cs.cipher, mac: cs.mac });
      options.onStage('authentication');
    });
    client.on('change password', () => client.emit('error', new Error('the server wants the password to be changed')));
    client.once('ready', () => {
      ready = true;
      releaseHandshake(client);
      resolve({
        hostKeyFingerprint: fingerprint,
        openChannel: (request) => openChannel(client, request),
        over,
        end: () => endQuietly(client),
      });
    });
    options.onStage('key-exchange');
    gatherWrites(options.stream);
    const config: ssh2.ConnectConfig = {
      sock: options.stream,
      username: options.user,
      ident: 'virtgraph',
      // Deadlines are the caller's.
      readyTimeout: 0,
      keepaliveInterval: options.keepaliveIntervalMs,
      keepaliveCountMax: 3,
      // Servers other than OpenSSH have socket forwarding, too; those that lack it say so.
      strictVendor: false,
      agentForward: false,
      algorithms: {
        kex: [...keyExchanges],
        cipher: [...ciphers],
        hmac: [...macs],
        compress: ['none'],
        serverHostKey: orderHostKeyAlgorithms(options.trustedKeyTypes),
      },
      // Without a verifier the library accepts every key.
      hostVerifier: (key: Buffer, verify: (accepted: boolean) => void) => {
        fingerprint ||= fingerprintOf(key);
        options.acceptHostKey(key).then(verify, () => verify(false));
      },
      authHandler: (offered, _partial, proceed) => {
        // Typed as a list, but `null` until the server has answered once.
        const methods = (offered as readonly string[] | null) ?? null;
        options.nextAttempt(methods).then(
          (attempt) => {
            exhausted = attempt === null;
            proceed(attempt ? toVendorAttempt(attempt, options.user) : noMoreAttempts);
          },
          (error: unknown) => {
            exhausted = true;
            client.emit('error', error);
          },
        );
      },
    };
    withoutPool(() => client.connect(config));
    // After the library has paused the stream, so that this listener sets nothing in motion.
    readServerVersion(options.stream, options.onServerVersion);
  });
}

/** RFC 4253 section 4.2: lines of any kind may come before the one that begins with `SSH-`. OpenSSH gives up after 1,024. */
const maxGreetingBytes = 64 * 1024;

/** The library keeps the server's name of itself to itself; it is the first thing on the wire, and in the clear. */
function readServerVersion(stream: Duplex, tell: (version: string) => void) {
  let text = '';
  const onData = (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const version = /^SSH-[0-9.]+-([\x20-\x7e]*)\r?\n/m.exec(text)?.[1];
    if (version !== undefined) tell(version);
    if (version !== undefined || text.length > maxGreetingBytes) stream.off('data', onData);
  };
  stream.on('data', onData);
}

/** Says goodbye where that is still possible; the library throws when the connection is already gone. */
function endQuietly(client: ssh2.Client) {
  try {
    client.end();
  } catch {
    // Gone is gone.
  }
}

function openChannel(client: ssh2.Client, request: ChannelRequest): Promise<RawChannel> {
  return new Promise((resolve, reject) => {
    const onAnswer = (error: (Error & { reason?: unknown }) | undefined, channel: ClientChannel) => {
      if (!error) {
        resolve(channel);
        return;
      }
      const reason = typeof error.reason === 'number' ? error.reason : null;
      const description = error.message.replace('(SSH) Channel open failure: ', '');
      reject(new ChannelRefused(reason, description));
    };
    switch (request.kind) {
      case 'socket':
        client.openssh_forwardOutStreamLocal(request.path, onAnswer);
        return;
      case 'tcp':
        client.forwardOut('127.0.0.1', 0, request.host, request.port, onAnswer);
        return;
      case 'command':
        client.exec(request.command, (error, channel) => {
          channel?.on('exit', request.onExit);
          // Read in any case: unread it would stop the channel.
          channel?.stderr.on('data', request.onStderr);
          onAnswer(error, channel);
        });
        return;
    }
  });
}
