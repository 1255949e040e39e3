#!/usr/bin/env node
// What changed since the last time it was run: for cron and for places where a connection cannot be kept open.
//
//   node poll-changes.mjs CURSOR-FILE
//
// The file keeps the place between two runs. Without it, or when the gateway no longer reaches back that far, everything is
// listed instead.
import { readFile, writeFile } from 'node:fs/promises';
import { ask, fail, GatewayError } from './client.mjs';

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node poll-changes.mjs CURSOR-FILE');
  process.exit(2);
}

const changesQuery = `query Changes($after: Cursor!) {
  changesSince(after: $after, filter: { kinds: [DOMAIN] }, first: 500) {
    cursor
    hasMore
    changes {
      __typename
      ... on ObjectUpserted { observedAt changedFields object { id ... on Domain { name state host { name } } } }
      ... on ObjectDeleted { observedAt id }
    }
  }
}`;

const listQuery = `query List($after: String) {
  domains(first: 500, after: $after) {
    nodes { id name state host { name } }
    pageInfo { hasNextPage endCursor }
  }
}`;

try {
  const known = await readFile(file, 'utf8').catch(() => null);
  const cursor = known === null ? await listAll() : await tellChanges(known.trim());
  await writeFile(file, `${cursor}\n`);
} catch (error) {
  fail(error);
}

async function tellChanges(after) {
  let cursor = after;
  for (;;) {
    let page;
    try {
      ({ changesSince: page } = await ask(changesQuery, { after: cursor }));
    } catch (error) {
      if (!(error instanceof GatewayError && error.code === 'CURSOR_EXPIRED')) throw error;
      console.log('-- too long ago: here is everything');
      return listAll();
    }
    for (const change of page.changes) tell(change);
    ({ cursor } = page);
    if (!page.hasMore) return cursor;
  }
}

/** The cursor first: what changes while we list is then told twice rather than never. */
async function listAll() {
  const { gateway } = await ask('{ gateway { cursor } }');
  for (let after = null, hasMore = true; hasMore; ) {
    const { domains } = await ask(listQuery, { after });
    for (const { host, name, state } of domains.nodes) console.log(`${host.name}/${name} ${state}`);
    ({ endCursor: after, hasNextPage: hasMore } = domains.pageInfo);
  }
  return gateway.cursor;
}

function tell(change) {
  const { __typename, observedAt, object, changedFields, id } = change;
  if (__typename === 'ObjectUpserted') {
    const what = changedFields ? `changed: ${changedFields.join(', ')}` : 'new';
    console.log(`${observedAt} ${object.host.name}/${object.name} ${object.state} (${what})`);
  } else if (__typename === 'ObjectDeleted') {
    console.log(`${observedAt} gone: ${id}`);
  }
}
