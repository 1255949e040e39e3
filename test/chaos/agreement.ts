import { type ChaosClient, post } from './client.ts';
import type { SeenObject } from './messages.ts';
import { pause } from './pause.ts';
import type { RunRecord } from './record.ts';
import {
  type Difference,
  differences,
  type PlainObject,
  plainView,
  readGateway,
  readTruth,
  type View,
  withoutUntold,
} from './truth.ts';
import type { ChaosWorld } from './world.ts';

export type AgreementOptions = {
  readonly world: ChaosWorld;
  readonly clients: readonly ChaosClient[];
  readonly record: RunRecord;
  readonly withinMs: number;
  readonly signal: AbortSignal;
};

type Dispute = { readonly text: string; readonly object: PlainObject | null };

/**
 * Waits until the gateway says what virsh says on every host, and every client holds what the gateway says. Twice: first
 * with what events tell; then, after everything was read again on request, with every fact.
 * Returns how long the first took, in milliseconds; null when they did not agree, which then stands in the record.
 */
export async function agree({ world, clients, record, withinMs, signal }: AgreementOptions): Promise<number | null> {
  const startedAt = performance.now();
  const at = { url: world.directUrl, token: world.gateway.token };

  async function disputes(isEverything: boolean): Promise<Dispute[]> {
    const judged = isEverything ? (view: View) => view : withoutUntold;
    const truth = judged(await readTruth(world.hosts));
    const seen = await readGateway(at);
    const unready = seen.filter(isUnready).map(({ name }) => ({ text: `host ${name} is not READY`, object: null }));
    const ofClients = clients.flatMap(({ name, host, fold }) => [
      ...staleHosts(name, seen, fold.objects, host),
      ...disputesOf(name, differences(plainView(seen, host), plainView(fold.objects.values(), host))),
    ]);
    return [...unready, ...disputesOf('gateway', differences(truth, judged(plainView(seen)))), ...ofClients];
  }

  async function settle(isEverything: boolean): Promise<boolean> {
    let last: readonly Dispute[] = [];
    const deadline = performance.now() + withinMs;
    do {
      try {
        last = await disputes(isEverything);
        if (last.length === 0) return true;
      } catch (error) {
        last = [{ text: `asking failed: ${String(error)}`, object: null }];
      }
    } while (performance.now() < deadline && (await pause(500, signal)));
    for (const { text, object } of last) {
      record.violate('agreement', text, { host: object?.host ?? null, subject: object?.uuid ?? null });
    }
    return false;
  }

  if (!(await settle(false))) return null;
  const agreedAfterMs = Math.round(performance.now() - startedAt);
  for (const { name } of world.hosts) {
    const refresh = 'mutation ($host: String!) { refreshHost(input: { host: $host }) { host { name } } }';
    const answer = await post(at, refresh, { host: name });
    if ('code' in answer) record.violate('agreement', `refreshHost fails with ${answer.code}`, { host: name });
  }
  return (await settle(true)) ? agreedAfterMs : null;
}

/** Waits until the gateway calls every host READY; what keeps it from that stands in the record. */
export async function awaitHosts(options: Omit<AgreementOptions, 'clients'>): Promise<void> {
  const { world, record, withinMs, signal } = options;
  const deadline = performance.now() + withinMs;
  let last = '';
  do {
    try {
      const hosts = (await readGateway({ url: world.directUrl, token: world.gateway.token })).filter(isUnready);
      if (hosts.length === 0) return;
      last = hosts.map(({ name }) => `host ${name} is not READY`).join(', ');
    } catch (error) {
      last = `asking failed: ${String(error)}`;
    }
  } while (performance.now() < deadline && (await pause(200, signal)));
  record.violate('agreement', last);
}

function isUnready(object: SeenObject): boolean {
  return object.__typename === 'Host' && object.status !== 'READY';
}

function disputesOf(who: string, found: readonly Difference[]): Dispute[] {
  return found.map(({ text, object }) => ({ text: `${who}: ${text}`, object }));
}

/** Hosts that a client takes for something else than the gateway does. */
function staleHosts(
  client: string,
  seen: readonly SeenObject[],
  held: ReadonlyMap<string, SeenObject>,
  only: string | null,
): Dispute[] {
  return seen.flatMap((host) => {
    if (host.__typename !== 'Host' || (only !== null && host.name !== only)) return [];
    const mine = held.get(host.id);
    const status = mine?.__typename === 'Host' ? mine.status : 'missing';
    if (status === host.status) return [];
    return [{ text: `${client}: host ${host.name} is ${host.status}, seen as ${status}`, object: null }];
  });
}
