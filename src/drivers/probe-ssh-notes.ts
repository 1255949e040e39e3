/** What the stages of an SSH connection found, in words. */
import type { ProbeDetail } from '../model/probe.ts';
import type { SshTarget } from '../model/target.ts';
import type { LoginFinding } from '../ssh/authentication.ts';
import type { HostKeyFinding } from '../ssh/host-key-check.ts';
import type { RouteHop } from '../ssh/route/route.ts';
import { quoteCommand } from '../ssh/shell-quote.ts';
import type { SshFinding } from '../ssh/stages.ts';
import type { StageNote } from './probe-recorder.ts';

export function noteOf(finding: SshFinding, target: SshTarget): StageNote {
  switch (finding.stage) {
    case 'config':
      return noteConfig(finding.route, target);
    case 'resolve':
      return {
        message: finding.addresses.join(', '),
        details: finding.addresses.map((value) => ({ name: 'address', value })),
      };
    case 'connect': {
      const { address, port, via } = finding;
      return {
        message: via === null ? `${address} accepts, port ${port}` : `${via} connects to ${address} port ${port}`,
        details: present([
          ['address', address],
          ['port', String(port)],
          ['via', via],
        ]),
      };
    }
    case 'key-exchange': {
      const { serverVersion, algorithms } = finding;
      const agreed = algorithms ? [algorithms.keyExchange, algorithms.cipher, algorithms.mac].filter(Boolean) : [];
      return {
        message: [serverVersion ?? 'an SSH server', agreed.join(', ')].filter(Boolean).join('; '),
        details: present([
          ['server', serverVersion],
          ['key exchange', algorithms?.keyExchange ?? null],
          ['host key algorithm', algorithms?.hostKey ?? null],
          ['cipher', algorithms?.cipher ?? null],
          ['mac', algorithms?.mac || null],
        ]),
      };
    }
    case 'host-key':
      return noteHostKey(finding.key);
    case 'authentication':
      return noteLogin(finding.user, finding.login);
    default:
      return finding satisfies never;
  }
}

function noteConfig(route: readonly RouteHop[], target: SshTarget): StageNote {
  const last = route.at(-1);
  if (!last) return { message: 'no way leads there' };
  const { credentials, identity, address, port } = last;
  const jumps = route.slice(0, -1).map(({ name }) => name);
  // What neither the uri nor virtgraph.yaml says was said by ssh_config, or is OpenSSH's default.
  const contributed = [
    ...(address === target.hop.host ? [] : [`HostName ${address}`]),
    ...(target.hop.user === null ? [`User ${credentials.user}`] : []),
    ...(target.hop.port === null && port !== 22 ? [`Port ${port}`] : []),
    ...(target.jump.length === 0 && jumps.length > 0 ? [`ProxyJump ${jumps.join(',')}`] : []),
    ...(identity.alias === null ? [] : [`HostKeyAlias ${identity.alias}`]),
  ];
  return {
    message: [
      `${credentials.user}@${address} port ${port}`,
      ...(jumps.length > 0 ? [`by way of ${jumps.join(', ')}`] : []),
      ...(contributed.length > 0 ? [`from ssh_config: ${contributed.join(', ')}`] : []),
    ].join('; '),
    details: [
      ...present([
        ['user', credentials.user],
        ['address', address],
        ['port', String(port)],
        ['by way of', jumps.join(', ') || null],
        ['from ssh_config', contributed.join(', ') || null],
        ['agent', credentials.agentSocket],
        ['known_hosts_verify', identity.verify],
      ]),
      ...credentials.keyFiles.map(({ path }) => ({ name: 'key', value: path })),
      ...identity.knownHostsFiles.map((value) => ({ name: 'known_hosts', value })),
    ],
  };
}

function noteHostKey({ keyType, fingerprint, verdict, verify, known, files }: HostKeyFinding): StageNote {
  const details = [
    { name: 'verdict', value: verdict },
    { name: 'key', value: `${keyType} ${fingerprint}` },
    ...known.map((entry) => ({ name: entry.place, value: `${entry.keyType} ${entry.fingerprint}` })),
    ...files.map((value) => ({ name: 'looked in', value })),
  ];
  const shown = `${keyType} ${fingerprint}`;
  if (verdict === 'MATCH') {
    return { message: `MATCH: ${shown} is in ${known[0]?.place ?? 'known_hosts'}`, details };
  }
  const isAuto = verify === 'auto';
  return {
    verdict: 'WARNING',
    message: isAuto
      ? `${verdict}: ${shown} is in no known_hosts file. The gateway will accept it and record it (known_hosts_verify=auto)`
      : `${verdict}: ${shown} is accepted unverified (known_hosts_verify=ignore)`,
    remedy: isAuto
      ? 'Compare the fingerprint with what "ssh-keygen -l -f" says of the public host key on the host itself.'
      : 'Put the right key into a known_hosts file, and leave known_hosts_verify out of the uri: whoever is in between can read and change everything.',
    details,
  };
}

function noteLogin(user: string, { tried, unusable, exposed, offered }: LoginFinding): StageNote {
  const message = `${user} is let in by ${tried.at(-1) ?? 'nothing at all'}`;
  const details = [
    { name: 'user', value: user },
    ...tried.map((value) => ({ name: 'tried', value })),
    ...unusable.map((value) => ({ name: 'not usable', value })),
    ...exposed.map((value) => ({ name: 'others may read', value })),
    ...present([['server offers', offered?.join(', ') ?? null]]),
  ];
  if (exposed.length === 0) return { message, details };
  return {
    verdict: 'WARNING',
    message: `${message}; others on this machine may read ${exposed.join(', ')}`,
    remedy: `chmod 600 ${quoteCommand(exposed)}; who could read a private key may have a copy of it.`,
    details,
  };
}

function present(pairs: readonly (readonly [string, string | null])[]): readonly ProbeDetail[] {
  return pairs.flatMap(([name, value]) => (value === null ? [] : [{ name, value }]));
}
