import { isDeepStrictEqual } from 'node:util';
import type { ApiRights } from '../../config/config.ts';
import { judgeManagedHost, type ManagedHost } from '../../config/managed-host.ts';
import { redactUri } from '../../config/uri/redact-uri.ts';
import type { TrustRequest } from '../../drivers/host-key.ts';
import { VirtgraphError } from '../../errors.ts';
import { createTurns } from '../../in-turn.ts';
import type { HostTarget } from '../../model/target.ts';
import type { HostView } from '../objects.ts';
import type { Fleet, HostOutcome } from '../types.ts';
import type { Audit, AuditedAction, AuditedOutcome } from './audit.ts';
import { type HostsDiff, isNoChange } from './host-diff.ts';
import { noSuchHost } from './host-problem.ts';
import type { AnswerWait } from './host-work.ts';
import type { ManagedHosts } from './managed-hosts.ts';
import { createTrustKey, type TrustChange, type TrustKeyOptions } from './trust-key.ts';

/** What is in force of the configuration. */
export type HostSources = { readonly configured: readonly HostTarget[]; readonly rights: ApiRights };

/** A host that was added by the API and is not part of the fleet now, and why. */
export type IdleHost = { readonly name: string; readonly reason: string };

export type HostChange = {
  /** `null`: it is gone, or would be new. */
  readonly host: HostView | null;
  readonly summary: string;
  readonly warnings: readonly string[];
};

/** Which hosts the fleet has, by the configuration and by the API. The configuration wins. */
export type HostAdmin = {
  /** The configuration was read anew, and was right: it is in force when this returns. */
  configure(sources: HostSources): HostsInForce;
  isManaged(hostName: string): boolean;
  readonly idle: readonly IdleHost[];
  /** @throws FORBIDDEN, BAD_USER_INPUT, CONFLICT, LIMIT_EXCEEDED */
  add(host: ManagedHost, options: { readonly dryRun: boolean }): Promise<HostChange>;
  /** What `changes` does not name stays. @throws also NOT_FOUND */
  update(hostName: string, changes: HostChanges, options: { readonly dryRun: boolean }): Promise<HostChange>;
  /** @throws FORBIDDEN, CONFLICT, NOT_FOUND */
  remove(hostName: string, options: { readonly dryRun: boolean }): Promise<HostChange>;
  /** Tries now to reach a host that is not READY, and returns when that has come to an end. @throws NOT_FOUND */
  retry(hostName: string, wait: AnswerWait): Promise<HostOutcome>;
  /** @throws as `trustKeyOfHost`, and FORBIDDEN, NOT_FOUND, BAD_USER_INPUT for what is no fingerprint */
  trust(hostName: string, request: TrustRequest, wait: AnswerWait): Promise<TrustChange>;
};

/** `audited`: settles when it has been written down, or has been logged that it could not be. */
export type HostsInForce = { readonly diff: HostsDiff; readonly audited: Promise<void> };

export type HostChanges = Partial<Omit<ManagedHost, 'name'>>;

export type HostAdminOptions = {
  readonly fleet: Pick<Fleet, 'host' | 'setHosts' | 'refreshHost' | 'refreshAsTask' | 'hostTasks'>;
  readonly sources: HostSources;
  readonly managed: ManagedHosts;
  readonly audit: Audit;
  readonly homeDir: string;
  readonly trustKey: TrustKeyOptions['trustKey'];
};

/** The hosts of a fleet that begins now: see `HostAdmin.idle` for those left out. */
export function hostsOf(
  { configured, rights }: HostSources,
  managed: readonly ManagedHost[],
  homeDir: string,
): { readonly targets: readonly HostTarget[]; readonly idle: readonly IdleHost[] } {
  const targets = [...configured];
  const idle: IdleHost[] = [];
  for (const host of managed) {
    const { name } = host;
    const judgement = judgeManagedHost(host, rights.hosts, homeDir);
    if (isNamed(configured, name)) idle.push({ name, reason: 'the configuration has a host of this name' });
    else if (!rights.hosts.enabled) idle.push({ name, reason: 'api.hosts.enabled is false' });
    else if (judgement.kind === 'right') targets.push(judgement.target);
    else idle.push({ name, reason: (judgement.kind === 'wrong' ? judgement.mistakes : judgement.reasons).join('; ') });
  }
  return { targets, idle };
}

export function createHostAdmin(options: HostAdminOptions): HostAdmin {
  const { fleet, managed, audit, homeDir } = options;
  let { sources } = options;
  const hostsInTurn = createTurns();

  const present = () => hostsOf(sources, managed.all, homeDir);
  const trust = createTrustKey({
    fleet,
    audit,
    trustKey: options.trustKey,
    isAllowed: () => sources.rights.trustHostKeys,
    target: (name) => present().targets.find((one) => one.name === name) ?? null,
  });
  const managedHost = (name: string) => managed.all.find((host) => host.name === name) ?? null;

  /** Each begins with what the one before has kept. */
  function change(
    action: AuditedAction,
    dryRun: boolean,
    act: () => Promise<AuditedOutcome<HostChange>>,
  ): Promise<HostChange> {
    return hostsInTurn(async () => (dryRun ? (await act()).value : audit.record(action, act)));
  }

  function requireEnabled() {
    if (sources.rights.hosts.enabled) return;
    throw new VirtgraphError('FORBIDDEN', 'The configuration does not let hosts be changed by the API.', {
      outcome: 'NOT_SENT',
      remedy: 'Set api.hosts.enabled in virtgraph.yaml, or edit its hosts.',
    });
  }

  /** What is kept now, as far as the configuration lets it be: that may have changed while it was being kept. */
  function putInForce(name: string): Pick<HostChange, 'host' | 'warnings'> {
    fleet.setHosts(present().targets);
    const idle = present().idle.find((one) => one.name === name);
    if (idle === undefined) return { host: fleet.host(name), warnings: [] };
    return { host: null, warnings: [`${name} is not part of the fleet as it was added: ${idle.reason}.`] };
  }

  function judge(host: ManagedHost): { readonly target: HostTarget; readonly warnings: readonly string[] } {
    const judgement = judgeManagedHost(host, sources.rights.hosts, homeDir);
    if (judgement.kind === 'right') return judgement;
    const uri = JSON.stringify(redactUri(host.uri));
    if (judgement.kind === 'wrong') {
      throw new VirtgraphError('BAD_USER_INPUT', judgement.mistakes.join(' '), { outcome: 'NOT_SENT' });
    }
    throw new VirtgraphError('FORBIDDEN', `The host ${uri} is not allowed: ${judgement.reasons.join('; ')}.`, {
      outcome: 'NOT_SENT',
      remedy: 'What the API may add is under api.hosts in virtgraph.yaml.',
    });
  }

  function requireManaged(name: string): ManagedHost {
    const host = managedHost(name);
    if (host !== null && !isNamed(sources.configured, name)) return host;
    if (fleet.host(name) === null) throw noSuchHost(name, { outcome: 'NOT_SENT' });
    throw new VirtgraphError('CONFLICT', `The host ${JSON.stringify(name)} belongs to the configuration.`, {
      host: name,
      outcome: 'NOT_SENT',
      remedy: 'Change it in virtgraph.yaml, which is read anew when it is written.',
    });
  }

  return {
    configure(next) {
      const rights = isDeepStrictEqual(next.rights, sources.rights) ? {} : { rights: next.rights };
      sources = next;
      const diff = fleet.setHosts(present().targets);
      // Not before: who edits the file has the account, and a full disk must not hold him up.
      const isChanged = !isNoChange(diff) || 'rights' in rights;
      const action = { action: 'configure', host: null, who: 'the configuration' } as const;
      return { diff, audited: isChanged ? audit.note(action, { ...diff, ...rights }) : Promise.resolve() };
    },
    isManaged: (name) => managedHost(name) !== null && !isNamed(sources.configured, name),
    get idle() {
      return present().idle;
    },

    add(host, { dryRun }) {
      return change({ action: 'addHost', host: host.name, asked: redacted(host) }, dryRun, async () => {
        requireEnabled();
        const { target, warnings } = judge(host);
        if (isNamed(sources.configured, host.name) || isNamed(managed.all, host.name)) {
          throw new VirtgraphError('CONFLICT', `There is a host ${JSON.stringify(host.name)} already.`, {
            host: host.name,
            outcome: 'NOT_SENT',
            remedy: 'Names of hosts are unique, ignoring case. Choose another one.',
          });
        }
        const { most } = sources.rights.hosts;
        if (managed.all.length >= most) {
          throw new VirtgraphError('LIMIT_EXCEEDED', `At most ${most} hosts are added by the API.`, {
            outcome: 'NOT_SENT',
            remedy: 'Remove one, or set api.hosts.most in virtgraph.yaml.',
          });
        }
        const summary = (verb: string) => `${host.name} ${verb} added: ${target.uri}.`;
        if (dryRun) return unaudited({ host: null, summary: summary('would be'), warnings });
        await managed.save([...managed.all, host]);
        const inForce = putInForce(host.name);
        const value = { host: inForce.host, summary: summary('was'), warnings: [...warnings, ...inForce.warnings] };
        return { value, before: null, after: host };
      });
    },

    update(name, changes, { dryRun }) {
      return change({ action: 'updateHost', host: name, asked: redacted(changes) }, dryRun, async () => {
        requireEnabled();
        const before = requireManaged(name);
        const after = { ...before, ...changes };
        const { target, warnings } = judge(after);
        const summary = (verb: string) =>
          isDeepStrictEqual(after, before)
            ? `${name} is as asked already: ${target.uri}.`
            : `${name} ${verb} changed: ${target.uri}.`;
        if (dryRun) return unaudited({ host: fleet.host(name), summary: summary('would be'), warnings });
        await managed.save(managed.all.map((host) => (host.name === name ? after : host)));
        const inForce = putInForce(name);
        const value = { host: inForce.host, summary: summary('was'), warnings: [...warnings, ...inForce.warnings] };
        return { value, before, after };
      });
    },

    remove(name, { dryRun }) {
      return change({ action: 'removeHost', host: name }, dryRun, async () => {
        requireEnabled();
        // Also one that the configuration has since taken the name of: then only what was kept goes.
        const before = managedHost(name) ?? requireManaged(name);
        const summary = (verb: string) => `${name} ${verb} removed.`;
        if (dryRun) return unaudited({ host: fleet.host(name), summary: summary('would be'), warnings: [] });
        await managed.save(managed.all.filter((other) => other.name !== name));
        const { host } = putInForce(name);
        return { value: { host, summary: summary('was'), warnings: [] }, before, after: null };
      });
    },

    async retry(name, wait) {
      const host = fleet.host(name);
      if (host === null) throw noSuchHost(name, { outcome: 'NOT_SENT' });
      if (host.status === 'READY') return { host, task: null };
      try {
        return await fleet.refreshAsTask(name, wait, 'RETRY_HOST');
      } finally {
        // It does what time would do: a full disk must not keep anybody from it. Also where nobody waited for its end.
        await audit.note({ action: 'retryHost', host: name }, { status: fleet.host(name)?.status ?? null });
      }
    },

    trust,
  };
}

/** What was asked for may be wrong in any way, also by a password. */
function redacted(asked: HostChanges): Readonly<Record<string, unknown>> {
  const { uri, labels, jump, readOnly } = asked;
  return { ...(uri !== undefined && { uri: redactUri(uri) }), labels, jump: jump?.map(redactHop), readOnly };
}

/** As in a URI, without what stands around it there. */
function redactHop(text: string): string {
  return redactUri(`://${text}`).slice('://'.length);
}

/** Nothing was done, so there is nothing to write down. */
function unaudited(value: HostChange): AuditedOutcome<HostChange> {
  return { value, before: null, after: null };
}

function isNamed(hosts: readonly { readonly name: string }[], name: string): boolean {
  return hosts.some((host) => host.name.toLowerCase() === name.toLowerCase());
}
