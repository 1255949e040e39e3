import type { SessionNews } from '../hosts/session-news.ts';
import type { FleetObject } from '../objects.ts';
import type { DomainPredicate } from '../replica/domain-filter.ts';
import type { DomainFilter } from '../replica/domain-page.ts';
import type { ChangeFilter } from './change.ts';
import { hostNameOf, type ReaderScope } from './journal-entry.ts';

/** What a subscriber wants to hear of. */
export type ChangePredicate = {
  /** Outside of it nothing matches. */
  readonly scope: ReaderScope;
  object(object: FleetObject): boolean;
  /** Whether it can ever have matched: by what never changes of it. */
  everObject(object: FleetObject): boolean;
  /**
   * Also a change by which an object *stops* matching: whoever holds the object must be told that it is another now.
   */
  news(news: SessionNews): boolean;
};

export type ChangePredicates = (filter: ChangeFilter) => ChangePredicate;

/**
 * @param isInFleet of a host's name: what was of a host that has been removed since is told no more, but that it is gone
 */
export function createChangeFilters(
  domainFilter: (filter: DomainFilter) => DomainPredicate,
  isInFleet: (hostName: string) => boolean,
): ChangePredicates {
  return ({ hosts, kinds, domains }) => {
    const hostNames = hosts ? new Set(hosts) : null;
    const wantedKinds = kinds ? new Set(kinds) : null;
    const matchesDomain = domains ? domainFilter(domains) : null;

    const isHostWanted = (hostName: string) => hostNames === null || hostNames.has(hostName);
    function everObject(candidate: FleetObject): boolean {
      if (wantedKinds !== null && !wantedKinds.has(candidate.kind)) return false;
      const hostName = hostNameOf(candidate);
      if (!isHostWanted(hostName)) return false;
      return !domains || (candidate.kind === 'domain' && (!domains.hosts || domains.hosts.includes(hostName)));
    }
    function object(candidate: FleetObject): boolean {
      if (!everObject(candidate)) return false;
      return matchesDomain === null || (candidate.kind === 'domain' && matchesDomain(candidate));
    }
    return {
      scope: {
        hosts: intersection(hostNames, domains?.hosts ? new Set(domains.hosts) : null),
        kinds: intersection(wantedKinds, domains ? new Set(['domain']) : null),
      },
      object,
      everObject,
      news(news) {
        switch (news.type) {
          case 'upserted':
            if (!isInFleet(hostNameOf(news.object))) return false;
            return object(news.object) || (news.previous !== null && object(news.previous));
          case 'deleted':
            return object(news.object);
          case 'hostInterrupted':
          case 'hostResumed':
            return isHostWanted(news.host.name) && (!domains?.hosts || domains.hosts.includes(news.host.name));
          default:
            return news satisfies never;
        }
      },
    };
  };
}

function intersection<T>(a: ReadonlySet<T> | null, b: ReadonlySet<T> | null): ReadonlySet<T> | null {
  if (a === null || b === null) return a ?? b;
  return new Set([...a].filter((each) => b.has(each)));
}
