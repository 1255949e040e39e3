import { type ChaosClient, post } from './client.ts';
import type { SeenObject } from './messages.ts';
import { pause } from './pause.ts';
import type { RunRecord } from './record.ts';
import { type Difference, differences, plainView, readGateway, readTruth, withoutUntold } from './truth.ts';
import type { ChaosWorld } from './world.ts';

export type AgreementOptions = {
  readonly world: ChaosWorld;
  readonly clients: readonly ChaosClient[];
  readonly record: RunRecord;
  readonly withinMs: number;
  readonly signal: AbortSignal;
};

type Dispute = { readonly who: string; readonly found: readonly Difference[] };

/**
 * Waits until the gateway says what virsh says on every host, and every client holds what the gateway says. Twice: first
 * with what events tell; then, after everything was read again on request, with every fact.
 * Returns how long the first took, in milliseconds; null when they did not agree, which then stands in the record.
 */
export async function agree({ world, clients, record, withinMs, signal }: AgreementOptions): Promise<number | null> {
  const startedAt = performance.now();
  const at = { url: world.directUrl, token: world.gateway.token };

  async function disputes(isEverything: boolean): Promise<Dispute[]> {
    const judged = isEverything ? (view: ReturnType<typeof plainView>) => view : withoutUntold;
    const truth = judged(await readTruth(world.hosts));
    const seen = await readGateway(at);
    const gateway: Dispute = { who: 'gateway', found: differences(truth, judged(plainView(seen))) };
    const unready = seen.filter((object) => object.__typename === 'Host' && object.status !== 'READY');
    const hosts: Dispute[] = unready.map((host) => ({ who: `host ${host.name} is not READY`, found: [] }));
    const ofClients = clients.map(({ name, host, fold }): Dispute => {
      const found = differences(plainView(seen, host), plainView(fold.objects.values(), host));
      return { who: staleHosts(seen, fold.objects, host) ?? name, found };
    });
    return [gateway, ...hosts, ...ofClients].filter(({ who, found }) => found.length > 0 || who.includes(' '));
  }

  async function settle(isEverything: boolean): Promise<boolean> {
    let last: readonly Dispute[] = [];
    const deadline = performance.now() + withinMs;
    do {
      try {
        last = await disputes(isEverything);
        if (last.length === 0) return true;
      } catch (error) {
        last = [{ who: `asking failed: ${String(error)}`, found: [] }];
      }
    } while (performance.now() < deadline && (await pause(500, signal)));
    for (const { who, found } of last) {
      if (found.length === 0) record.violate('agreement', who);
      for (const { object, text } of found) {
        record.violate('agreement', `${who}: ${text}`, { host: object.host, subject: object.uuid });
      }
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

/** In words, when a client takes a host for something else than the gateway does; null when not. */
function staleHosts(
  seen: readonly SeenObject[],
  held: ReadonlyMap<string, SeenObject>,
  only: string | null,
): string | null {
  for (const host of seen) {
    if (host.__typename !== 'Host' || (only !== null && host.name !== only)) continue;
    const mine = held.get(host.id);
    const status = mine?.__typename === 'Host' ? mine.status : 'missing';
    if (status !== host.status) return `host ${host.name} is ${status} to a client and ${host.status} to the gateway`;
  }
  return null;
}
