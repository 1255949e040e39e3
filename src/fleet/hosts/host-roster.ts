import { VirtgraphError } from '../../errors.ts';
import { detach, type Log } from '../../log.ts';
import type { HostTarget } from '../../model/target.ts';
import type { HostView } from '../objects.ts';
import { diffHosts, type HostsDiff } from './host-diff.ts';
import { noSuchHost, stoppingHost } from './host-problem.ts';
import type { HostSession } from './host-session.ts';

/** Which hosts there are, and the session of each. */
export type HostRoster = {
  /** By name; the same map for ever. */
  readonly sessions: ReadonlyMap<string, HostSession>;
  /** The hosts of the start: part of every snapshot from the beginning, so nobody is told of them. */
  begin(targets: readonly HostTarget[]): void;
  /** Makes these the hosts of the fleet, and says what that changed. */
  readonly set: (targets: readonly HostTarget[]) => HostsDiff;
  /** @throws CONFLICT when there is one of that name */
  readonly add: (target: HostTarget) => HostView;
  /** @throws NOT_FOUND */
  readonly update: (target: HostTarget) => HostView;
  /** @throws NOT_FOUND */
  readonly remove: (hostName: string) => HostView;
  /** May be called twice. */
  close(): Promise<void>;
};

export type RosterOptions = {
  readonly open: (target: HostTarget) => HostSession;
  readonly hostAdded: (view: HostView) => void;
  /** Called when its objects are gone and its connection is being closed. */
  readonly hostRemoved: (hostName: string) => void;
  readonly log: Log;
};

export function createHostRoster({ open, hostAdded, hostRemoved, log }: RosterOptions): HostRoster {
  const sessions = new Map<string, HostSession>();
  /** Those removed whose last words are still being said. */
  const leaving = new Set<Promise<void>>();
  let isClosed = false;

  function find(hostName: string): HostSession {
    const found = sessions.get(hostName);
    if (found) return found;
    throw noSuchHost(hostName);
  }

  function add(target: HostTarget): HostView {
    if (sessions.has(target.name)) {
      throw new VirtgraphError('CONFLICT', `The fleet has a host ${JSON.stringify(target.name)} already.`);
    }
    if (isClosed) throw stoppingHost(target.name);
    const session = open(target);
    sessions.set(target.name, session);
    hostAdded(session.view());
    return session.view();
  }

  function update(target: HostTarget): HostView {
    const session = find(target.name);
    session.retarget(target);
    return session.view();
  }

  function remove(hostName: string): HostView {
    const session = find(hostName);
    const last = session.view();
    // While it is still listed: filters by label ask for the labels of its host.
    const ended = session.retire();
    sessions.delete(hostName);
    hostRemoved(hostName);
    leaving.add(ended);
    detach(
      log,
      'closing a removed host',
      ended.finally(() => leaving.delete(ended)),
    );
    return last;
  }

  return {
    sessions,
    begin(targets) {
      for (const target of targets) sessions.set(target.name, open(target));
    },
    set(targets) {
      const diff = diffHosts(
        [...sessions.values()].map((session) => session.target),
        targets,
      );
      const byName = new Map(targets.map((target) => [target.name, target]));
      const each = (names: readonly string[], act: (target: HostTarget) => void) => {
        for (const target of names.flatMap((name) => byName.get(name) ?? [])) act(target);
      };
      // First those that go: an address that moves from one host to another is free before it is taken.
      for (const name of diff.removed) remove(name);
      each(diff.reconnected, update);
      each(diff.relabelled, update);
      each(diff.added, add);
      return diff;
    },
    add,
    update,
    remove,
    async close() {
      isClosed = true;
      await Promise.all([...[...sessions.values()].map((session) => session.close()), ...leaving]);
    },
  };
}
