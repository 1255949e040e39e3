import type { HostTarget, SshHop } from '../model/target.ts';
import type { ApiRights } from './config.ts';
import { readHostTarget } from './host-target.ts';
import { parseHostShape } from './schema.ts';
import { describeIssues } from './shape-problems.ts';
import { splitUri, type UriParts } from './uri/uri-syntax.ts';

/** A host as a user of the API describes it. No secrets, no files: those come from the configuration alone. */
export type ManagedHost = {
  readonly name: string;
  readonly uri: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Each as `[user@]host[:port]`, first one first. */
  readonly jump: readonly string[];
  readonly readOnly: boolean;
};

export type ManagedHostRules = ApiRights['hosts'];

export type ManagedHostJudgement =
  | { readonly kind: 'right'; readonly target: HostTarget; readonly warnings: readonly string[] }
  /** It means nothing. */
  | { readonly kind: 'wrong'; readonly mistakes: readonly string[] }
  /** It means something that `api.hosts` does not allow. */
  | { readonly kind: 'forbidden'; readonly reasons: readonly string[] };

/** Gives a host of the API its meaning, if the configuration lets it have that one. */
export function judgeManagedHost(host: ManagedHost, rules: ManagedHostRules, homeDir: string): ManagedHostJudgement {
  const mistakes: string[] = [];
  const shape = parseHostShape({ ...host, jump: [...host.jump] });
  if (!shape.ok) {
    const problems = describeIssues(shape.issues);
    return { kind: 'wrong', mistakes: problems.map(({ path, message }) => `${path.join('.')}: ${message}`) };
  }
  // Its mistakes are told by the reading below.
  const parts = splitUri(host.uri, () => {});
  const target = readHostTarget(shape.value, { baseDir: '/', homeDir }, (path, sentence) =>
    mistakes.push(`${path.join('.')}: ${sentence}`),
  );
  if (parts === null || target === null) return { kind: 'wrong', mistakes };
  const reasons = managedHostRules.flatMap((rule) => rule({ parts, target: target.target }, rules));
  return reasons.length > 0 ? { kind: 'forbidden', reasons } : { kind: 'right', ...target };
}

type Judged = { readonly parts: UriParts; readonly target: HostTarget };
/** Why the host must not be added; none: as far as this rule goes, it may. */
type Rule = (host: Judged, rules: ManagedHostRules) => readonly string[];

const driverIsAllowed: Rule = ({ parts }, { drivers }) =>
  drivers.includes(parts.driver) ? [] : [`the driver "${parts.driver}" is not in api.hosts.drivers`];

const transportIsAllowed: Rule = ({ target }, { transports }) => {
  const { kind } = target.transport;
  return transports.includes(kind) ? [] : [`the transport "${kind}" is not in api.hosts.transports`];
};

/** `name`, `socket`, `command`, `netcat` and `keyfile` can each open something that is none of the caller's business. */
const parametersAreAllowed: Rule = ({ parts }, { parameters }) =>
  parts.parameters
    .filter(({ name }) => !parameters.includes(name))
    .map(({ name }) => `the parameter "${name.slice(0, 40)}" is not in api.hosts.parameters`);

/** Drivers take other paths for files: with `test:///etc/shadow` a daemon shows its first line in an error. */
const ordinaryPaths = ['', '/', '/system', '/session', '/default'];

const pathIsOrdinary: Rule = ({ parts: { path } }) =>
  ordinaryPaths.includes(path) ? [] : [`the path is none of ${ordinaryPaths.slice(1).join(', ')}`];

const addressesAreAllowed: Rule = ({ target }, { addresses }) =>
  hopsOf(target)
    .filter(({ host }) => !addresses.some((pattern) => matches(pattern, host)))
    .map(({ host }) => `the address ${host} is not in api.hosts.addresses`);

/** A user's name becomes an argument of `ssh -G`, and ssh_config may hand it to the shell of a `Match exec`. */
const usersArePlain: Rule = ({ target }) =>
  hopsOf(target)
    .filter(({ user }) => user !== null && !/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(user))
    .map(() => 'a user name has other characters than letters, digits, dots, dashes and underscores');

const managedHostRules: readonly Rule[] = [
  driverIsAllowed,
  transportIsAllowed,
  parametersAreAllowed,
  pathIsOrdinary,
  addressesAreAllowed,
  usersArePlain,
];

function hopsOf({ transport }: HostTarget): readonly SshHop[] {
  return transport.kind === 'ssh' ? [...transport.ssh.jump, transport.ssh.hop] : [];
}

/** `*` is any run of characters; case does not matter. */
function matches(pattern: string, host: string): boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 'i').test(host);
}
