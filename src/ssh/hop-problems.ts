import { hostProblem, type VirtgraphError } from '../errors.ts';
import { reasonOf } from './reason.ts';
import { quoteCommand } from './shell-quote.ts';
import type { ChannelRefused, HandshakeStage } from './ssh2-client.ts';

// What can go wrong between us and one SSH server, in words for the one who runs it.

export function handshakeTimedOut(name: string, stage: HandshakeStage, timeoutMs: number): VirtgraphError {
  const within = `within ${timeoutMs / 1000} s`;
  return stage === 'key-exchange'
    ? hostProblem(
        'KEY_EXCHANGE_FAILED',
        `${name} accepted the connection but did not complete the key exchange ${within}.`,
        'Check that an SSH server listens there and that the host is not overloaded.',
      )
    : hostProblem(
        'AUTHENTICATION_UNFINISHED',
        `${name} did not decide about the login ${within}.`,
        'Check for a slow name service or PAM module on the host, or an agent that waits for a confirmation.',
      );
}

export function saidByServer(cause: Error): boolean {
  return 'code' in cause && typeof cause.code === 'number';
}

export function authenticationBroken(name: string, cause: Error): VirtgraphError {
  return hostProblem(
    'AUTHENTICATION_UNFINISHED',
    `The connection to ${name} ended during the login: ${reasonOf(cause)}.`,
    'Look at the log of sshd on the host. It is tried again.',
    { cause },
  );
}

export function keyExchangeProblem(name: string, cause: Error): VirtgraphError {
  if (/no matching/i.test(cause.message)) {
    return hostProblem(
      'NO_COMMON_ALGORITHM',
      `${name} and the gateway have no algorithm in common: ${cause.message}.`,
      'Allow on the host one of: curve25519-sha256 or ecdh-sha2-nistp256; aes128-gcm@openssh.com or aes128-ctr; ' +
        'hmac-sha2-256; and a host key of type ed25519, ecdsa or rsa (SHA-2).',
      { cause },
    );
  }
  return hostProblem(
    'KEY_EXCHANGE_FAILED',
    `${name} broke off the key exchange: ${reasonOf(cause)}.`,
    'Check that an SSH server listens there. sshd closes new connections when too many are not yet logged in ' +
      '(MaxStartups) or when this address failed too often (PerSourcePenalties).',
    { cause },
  );
}

export function connectionLost(name: string, cause: Error | null): VirtgraphError {
  return hostProblem(
    'CONNECTION_LOST',
    `The SSH connection to ${name} was lost: ${cause ? reasonOf(cause) : 'the far end closed it'}.`,
    'It is tried again. If it happens often, look at the network and at the log of sshd.',
    cause ? { cause } : {},
  );
}

export function closedByUs(name: string): VirtgraphError {
  return hostProblem('CONNECTION_LOST', `The SSH connection to ${name} was closed by the gateway.`, 'None needed.');
}

export function keepaliveTimeout(name: string, intervalMs: number): VirtgraphError {
  return hostProblem(
    'KEEPALIVE_TIMED_OUT',
    `${name} answered none of three SSH keepalives, ${intervalMs / 1000} s apart.`,
    'Check that the host is up and reachable.',
  );
}

export function channelTimedOut(name: string, what: string, timeoutMs: number): VirtgraphError {
  return hostProblem(
    'CHANNEL_TIMED_OUT',
    `${name} did not open ${what} within ${timeoutMs / 1000} s.`,
    'The SSH server answers, but slowly: look at the load of the host.',
  );
}

const connectFailed = 2;

export function socketRefused(name: string, path: string, cause: ChannelRefused): VirtgraphError {
  if (cause.reason === connectFailed) {
    // OpenSSH gives this same answer for a socket that is missing, one that refuses, and its own policy.
    return hostProblem(
      'SOCKET_REFUSED',
      `${name} does not open the socket ${path} (${cause.message}).`,
      `One of: ${path} does not exist or is no socket; the user may not open it; its daemon is not running; or sshd ` +
        'forbids it (AllowStreamLocalForwarding and AllowTcpForwarding must allow "local", PermitOpen and permitopen= ' +
        `must allow "[${path}]:*" or be absent). On the host, try "nc -U ${path}".`,
      { cause },
    );
  }
  return hostProblem(
    'FORWARDING_REFUSED',
    `${name} refuses to forward the socket ${path} (${cause.message}).`,
    'Set AllowStreamLocalForwarding to "local" or "yes" for this user, and do not restrict the key without ' +
      'port-forwarding; or let the gateway use virt-ssh-helper or netcat (proxy=).',
    { cause },
  );
}

export function jumpRefused(name: string, host: string, port: number, cause: ChannelRefused): VirtgraphError {
  return hostProblem(
    'JUMP_HOST_FAILED',
    `The jump host ${name} does not connect to ${host} port ${port} (${cause.message}).`,
    cause.reason === connectFailed
      ? `Check from ${name} that ${host} resolves, is up, and accepts connections to port ${port}.`
      : `Allow TCP forwarding on ${name} (AllowTcpForwarding, PermitOpen).`,
    { cause },
  );
}

export function commandRefused(name: string, argv: readonly string[], cause: ChannelRefused): VirtgraphError {
  return hostProblem(
    'PROXY_COMMAND_FAILED',
    `${name} does not run ${argv[0]} for us (${cause.message}).`,
    'Allow the user sessions on the host (MaxSessions above 0, no forced command), or allow socket forwarding.',
    { cause },
  );
}

export function commandFailed(name: string, argv: readonly string[], status: string, stderr: string): VirtgraphError {
  return hostProblem(
    'PROXY_COMMAND_FAILED',
    `${argv[0]} on ${name} ${status}${stderr === '' ? ' and said nothing' : `: ${stderr}`}.`,
    `Run "${quoteCommand(argv)}" as the same user on the host: what it says there is what is to be mended.`,
  );
}
