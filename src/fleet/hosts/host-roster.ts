import { detach, type Log } from '../../log.ts';
import type { HostTarget } from '../../model/target.ts';
import type { HostView } from '../objects.ts';
import { diffHosts, type HostsDiff } from './host-diff.ts';
import { stoppingHost } from './host-problem.ts';
import type { HostSession } from './host-session.ts';

/** Which hosts there are, and the session of each. */
export type HostRoster = {
  /** By name; the same map for ever. */
  readonly sessions: ReadonlyMap<string, HostSession>;
  /** Those removed last, as they were: what was handed out of them may still be looked at. */
  readonly former: ReadonlyMap<string, HostView>;
  /** The hosts of the start: part of every snapshot from the beginning, so nobody is told of them. */
  begin(targets: readonly HostTarget[]): void;
  /** Makes these the hosts of the fleet, and says what that changed. */
  readonly set: (targets: readonly HostTarget[]) => HostsDiff;
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

const mostFormer = 100;

export function createHostRoster({ open, hostAdded, hostRemoved, log }: RosterOptions): HostRoster {
  const sessions = new Map<string, HostSession>();
  const former = new Map<string, HostView>();
  /** Those removed whose last words are still being said. */
  const leaving = new Set<Promise<void>>();
  let isClosed = false;

  function add(target: HostTarget) {
    if (isClosed) throw stoppingHost(target.name);
    const session = open(target);
    sessions.set(target.name, session);
    former.delete(target.name);
    hostAdded(session.view());
  }

  function remove(name: string) {
    const session = sessions.get(name);
    if (session === undefined) return;
    // While it is still listed: filters by label ask for the labels of its host.
    const ended = session.retire();
    sessions.delete(name);
    former.set(name, { ...session.view(), stale: true });
    const [oldest] = former.keys();
    if (former.size > mostFormer && oldest !== undefined) former.delete(oldest);
    hostRemoved(name);
    leaving.add(ended);
    detach(
      log,
      'closing a removed host',
      ended.finally(() => leaving.delete(ended)),
    );
  }

  return {
    sessions,
    former,
    begin(targets) {
      for (const target of targets) sessions.set(target.name, open(target));
    },
    set(targets) {
      const diff = diffHosts(
        [...sessions.values()].map((session) => session.target),
        targets,
      );
      const described = new Map(targets.map((target) => [target.name, target]));
      const targetsOf = (names: readonly string[]) => names.flatMap((name) => described.get(name) ?? []);
      // First those that go: an address that moves from one host to another is free before it is taken.
      for (const name of diff.removed) remove(name);
      for (const target of targetsOf([...diff.reconnected, ...diff.relabelled])) {
        sessions.get(target.name)?.retarget(target);
      }
      for (const target of targetsOf(diff.added)) add(target);
      return diff;
    },
    async close() {
      isClosed = true;
      await Promise.all([...[...sessions.values()].map((session) => session.close()), ...leaving]);
    },
  };
}
