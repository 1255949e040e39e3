import { segmentMemberKinds } from '../model/segment.ts';
import type { PathReport } from './host-target.ts';
import { isLoopback } from './loopback.ts';
import { asList, asRecord, asText } from './plain.ts';

/** What keys of the configuration mean together. Each rule looks at values whose shape may still be wrong, and then keeps silent. */
type Rule = (config: Readonly<Record<string, unknown>>, report: PathReport) => void;

const defaultListenHost = '127.0.0.1';

const noAuthOnlyOnLoopback: Rule = (config, report) => {
  const host = asText(asRecord(config['listen'])?.['host']) ?? defaultListenHost;
  if (asRecord(config['auth'])?.['mode'] !== 'none' || isLoopback(host)) return;
  report(
    ['auth', 'mode'],
    `"none" lets everybody in who can reach ${host}: it is allowed on a loopback address only. Set listen.host to ${defaultListenHost}, or auth.mode to token.`,
  );
};

const tokenFileNeedsTokens: Rule = (config, report) => {
  const auth = asRecord(config['auth']);
  if (auth?.['mode'] === 'none' && auth['tokenFile'] !== undefined)
    report(['auth', 'tokenFile'], 'means nothing with auth.mode none');
};

/** Names end up in metrics and paths, where case may not tell them apart. */
const hostNamesAreUnique: Rule = (config, report) => {
  const firsts = new Map<string, number>();
  for (const [index, host] of asList(config['hosts']).entries()) {
    const name = asText(asRecord(host)?.['name']);
    if (name === null) continue;
    const first = firsts.get(name.toLowerCase());
    if (first === undefined) firsts.set(name.toLowerCase(), index);
    else report(['hosts', index, 'name'], `${JSON.stringify(name)} is the name of hosts[${first}] already`);
  }
};

const segmentsNameHosts: Rule = (config, report) => {
  // Others may be added while the gateway runs.
  if (asRecord(asRecord(config['api'])?.['hosts'])?.['enabled'] === true) return;
  const names = new Set(asList(config['hosts']).map((host) => asText(asRecord(host)?.['name'])));
  for (const { path, member } of segmentMembers(config)) {
    const host = asText(member['host']);
    if (host !== null && host !== '*' && !names.has(host)) {
      report([...path, 'host'], `no host has the name ${JSON.stringify(host)}; use * for every host`);
    }
  }
};

const segmentsDoNotOverlap: Rule = (config, report) => {
  const owners = new Map<string, string>();
  for (const { segment, path, member } of segmentMembers(config)) {
    for (const kind of segmentMemberKinds) {
      const name = asText(member[kind]);
      if (name === null) continue;
      const key = JSON.stringify([asText(member['host']) ?? '*', kind, name]);
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, segment);
      else
        report(
          [...path, kind],
          `the ${kind} ${JSON.stringify(name)} is in the segment ${JSON.stringify(owner)} already`,
        );
    }
  }
};

export const configRules: readonly Rule[] = [
  noAuthOnlyOnLoopback,
  tokenFileNeedsTokens,
  hostNamesAreUnique,
  segmentsNameHosts,
  segmentsDoNotOverlap,
];

function segmentMembers(config: Readonly<Record<string, unknown>>) {
  const segments = asRecord(asRecord(config['net'])?.['segments']) ?? {};
  return Object.entries(segments).flatMap(([segment, members]) =>
    asList(members).flatMap((value, index) => {
      const member = asRecord(value);
      return member === null ? [] : [{ segment, path: ['net', 'segments', segment, index], member }];
    }),
  );
}
