#!/usr/bin/env node
// Lists the MAC addresses that collide anywhere in the fleet, guests that are off included.
//
//   node mac-audit.mjs [HOST]
//
// Status 0: none. 1: some. 2: it cannot be told, since hosts are not reachable or the gateway is not.
import { ask, fail } from './client.mjs';

const [host = null] = process.argv.slice(2);

const query = `query Audit($host: String) {
  macConflicts(host: $host) {
    kind
    severity
    macAddress
    segment
    message
    parties { domain { name host { name } } role active }
  }
  hosts(first: 500) { nodes { name status } }
}`;

try {
  const { macConflicts, hosts } = await ask(query, { host });
  const rows = macConflicts.map(({ severity, kind, macAddress, segment, parties }) => [
    severity,
    kind,
    macAddress,
    segment,
    parties.map(describeParty).join(', '),
  ]);
  if (rows.length === 0) console.log('No addresses collide.');
  else printTable([['SEVERITY', 'KIND', 'ADDRESS', 'SEGMENT', 'WHO'], ...rows]);
  const unknown = hosts.nodes.filter(({ name, status }) => status !== 'READY' && (host === null || name === host));
  for (const { name, status } of unknown) console.log(`${name} is ${status}: what is said of it may be old.`);
  process.exitCode = rows.length > 0 ? 1 : unknown.length > 0 ? 2 : 0;
} catch (error) {
  fail(error);
}

function describeParty({ domain, role, active }) {
  const notes = [...(role === 'TAP' ? ['tap'] : []), ...(active ? [] : ['off'])];
  return `${domain.host.name}/${domain.name}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}
