import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallPriority, Driver } from '../../drivers/driver.ts';
import type { Uuid } from '../../model/brands.ts';
import type { DomainStatus } from '../../model/domain.ts';
import type { ChangeOrigin } from '../objects.ts';
import { unlisted } from './listed-objects.ts';
import type { ObjectReads, ReadResult } from './object-reads.ts';
import type { Replica } from './replica.ts';

/**
 * Lists the domains of a host and compares them with what is known. A list's line is only believed for a domain that
 * nobody reads meanwhile. Rejects when listing failed.
 */
export type DomainLists = {
  /** And reads each of them. Settles when all were read that could be. */
  readAll(origin: ChangeOrigin): Promise<void>;
  /**
   * States at once; the XML only of what is new or in another state: events would have told of the rest. Yields the reads
   * of those, which go on.
   */
  compare(origin: ChangeOrigin, priority: CallPriority): Promise<readonly Promise<ReadResult>[]>;
};

export type DomainListsOptions = {
  readonly driver: Pick<Driver, 'listDomains'>;
  readonly replica: Replica;
  readonly reads: ObjectReads<Uuid>;
  /** It could not be read when that was last tried. */
  readonly hasFailed: (uuid: Uuid) => boolean;
  /** The host has answered with a list. */
  readonly onListed: () => void;
  /** Ends with the connection. */
  readonly signal: AbortSignal;
};

/** A list of thousands is worked through in turns of about a millisecond. */
const linesInTurn = 250;

export function createDomainLists({
  driver,
  replica,
  reads,
  hasFailed,
  onListed,
  signal,
}: DomainListsOptions): DomainLists {
  /** `use` gets each line of the list; what happens to its domain meanwhile, `isBeingRead` knows. */
  async function list<T>(
    origin: ChangeOrigin,
    priority: CallPriority,
    use: (status: DomainStatus, isBeingRead: boolean) => T,
  ): Promise<readonly T[]> {
    const watch = reads.watch();
    try {
      const statuses = await driver.listDomains({ signal, priority });
      signal.throwIfAborted();
      for (const uuid of unlisted(replica.domains.keys(), statuses)) {
        if (watch.has(uuid)) void reads.request(uuid, { origin, priority: 'background' });
        else replica.removeDomain(uuid, origin);
      }
      onListed();
      const used: T[] = [];
      for (const [place, status] of statuses.entries()) {
        if (place > 0 && place % linesInTurn === 0) await nextTurn();
        signal.throwIfAborted();
        used.push(use(status, watch.has(status.uuid)));
      }
      return used;
    } finally {
      watch.stop();
    }
  }

  /**
   * Who is told that everything was read counts on a domain that the list has shown. Most that failed had to wait too long
   * while all were read, and are read at once now. One that fails again is counted as unread and tried later: the host is
   * not held up by it any longer.
   */
  async function readOnceMore(uuids: readonly Uuid[], origin: ChangeOrigin) {
    await Promise.all(uuids.map((uuid) => reads.request(uuid, { origin, priority: 'background' })));
  }

  return {
    async readAll(origin) {
      const all = await list(origin, 'background', (listed, isBeingRead) => {
        if (!isBeingRead) replica.putDomainStatus(listed, origin);
        const { uuid } = listed;
        // An event came while the list was made: then nobody knows which of the two is newer.
        const read = reads.request(uuid, { origin, priority: 'background', ...(!isBeingRead && { listed }) });
        return { uuid, isBeingRead, read };
      });
      await Promise.all(all.map(({ read }) => read));
      signal.throwIfAborted();
      const unknown = all.filter(({ uuid, isBeingRead }) => isBeingRead || !replica.domains.has(uuid));
      await readOnceMore(
        unknown.flatMap(({ uuid }) => (hasFailed(uuid) ? uuid : [])),
        origin,
      );
      signal.throwIfAborted();
    },
    async compare(origin, priority) {
      const all = await list(origin, priority, (status, isBeingRead) => {
        const known = replica.domains.get(status.uuid);
        const hasMoved =
          known?.state !== status.state || known.libvirtId !== status.libvirtId || known.name !== status.name;
        if (!isBeingRead) replica.putDomainStatus(status, origin);
        return { read: hasMoved ? reads.request(status.uuid, { origin, priority }) : null };
      });
      return all.flatMap(({ read }) => read ?? []);
    },
  };
}
