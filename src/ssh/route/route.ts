import { hostProblem } from '../../errors.ts';
import type { SshHop, SshTarget } from '../../model/target.ts';
import { currentAccount } from '../account.ts';
import type { Credentials, KeyFile } from '../authentication.ts';
import type { HostIdentity } from '../host-key-check.ts';
import { readSshConfig, type SshConfig, type SshConfigReader } from './ssh-config.ts';

/** One SSH server on the way, with everything that is needed to reach it and to be let in. */
export type RouteHop = {
  /** For messages: as the operator wrote it. */
  readonly name: string;
  /** What is looked up and connected to. */
  readonly address: string;
  readonly port: number;
  readonly identity: HostIdentity;
  readonly credentials: Credentials;
};

const maxHops = 8;

/** The hops to the target, first one first, the target last. Options of the target win over OpenSSH's configuration. */
export async function findRoute(
  target: SshTarget,
  reader: SshConfigReader,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly [RouteHop, ...RouteHop[]]> {
  const read = (hop: SshHop) => readSshConfig(hop, reader, { signal });
  const last = await read(target.hop);
  const route: [RouteHop, ...RouteHop[]] = [resolveHop(target.hop, last, target, 'last', reader.env)];

  // As OpenSSH: only the first hop's own ProxyJump counts, for it alone is reached from here.
  let before: readonly SshHop[] = target.jump.length > 0 ? target.jump : last.proxyJump;
  while (before.length > 0) {
    if (route.length + before.length > maxHops) {
      const names = [...before, target.hop].map((hop) => hop.host).join(', ');
      throw hostProblem(
        'SSH_CONFIG_UNUSABLE',
        `More than ${maxHops} hops lead to ${target.hop.host} (${names}).`,
        'Shorten `jump`, or look for a ProxyJump in ssh_config that applies to the jump host itself.',
      );
    }
    const configured = await Promise.all(before.map(async (hop) => ({ hop, config: await read(hop) })));
    const hops = configured.map(({ hop, config }) => resolveHop(hop, config, target, 'jump', reader.env));
    route.unshift(...hops);
    before = configured[0]?.config.proxyJump ?? [];
  }
  return route;
}

function resolveHop(
  hop: SshHop,
  config: SshConfig,
  target: SshTarget,
  place: 'jump' | 'last',
  env: SshConfigReader['env'],
): RouteHop {
  const { hostName, port, user } = config;
  const explicitKey: KeyFile[] =
    target.keyFile === null ? [] : [{ path: expandHome(target.keyFile, env), named: true }];
  const configuredKeys = config.identityFiles.map((path) => ({ path, named: false }));
  return {
    name: port === 22 ? hop.host : `${hop.host}:${port}`,
    address: hostName,
    port,
    identity: {
      host: hostName,
      port,
      alias: config.hostKeyAlias,
      knownHostsFiles:
        target.knownHostsFile === null
          ? [...config.userKnownHostsFiles, ...config.globalKnownHostsFiles]
          : [expandHome(target.knownHostsFile, env)],
      // What is waived for one throw-away machine is not waived for the bastion before it.
      verify: place === 'jump' && target.knownHostsVerify === 'ignore' ? 'normal' : target.knownHostsVerify,
      hashNames: config.hashKnownHosts,
    },
    credentials: {
      user,
      methods: target.authMethods,
      // A key that is named is the one for the target; on the way there OpenSSH's own may be right.
      keyFiles: place === 'last' && explicitKey.length > 0 ? explicitKey : [...explicitKey, ...configuredKeys],
      agentSocket: config.identityAgent,
      identitiesOnly: config.identitiesOnly,
      passphrase: target.passphrase,
      // A password is for the target alone: a jump host has no business seeing it.
      password: place === 'last' ? target.password : null,
    },
  };
}

function expandHome(path: string, env: SshConfigReader['env']): string {
  return path.replace(/^~(?=\/|$)/, currentAccount(env).homedir);
}
