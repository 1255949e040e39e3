#!/usr/bin/env node
// Watches every domain of the fleet and misses nothing, whatever becomes of the connection.
//
//   node watch.mjs [HOST]…
//
// Each change carries a cursor. Keep that of the last one you have dealt with; after a break, hand it back as `after`,
// and what happened meanwhile comes first. Where that cannot be, the gateway says `ResyncRequired` and sends everything.
// A client's own retry would send the cursor that it began with; so here the loop around it moves the cursor.
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { socketUrl, token } from './client.mjs';

const query = `subscription Watch($after: Cursor, $hosts: [String!]) {
  changes(after: $after, filter: { hosts: $hosts, kinds: [DOMAIN] }) {
    __typename
    ... on ObjectUpserted {
      cursor
      origin
      changedFields
      object { id ... on Domain { name state stateReason host { name } } }
    }
    ... on ObjectDeleted { cursor id }
    ... on SnapshotComplete { cursor }
    ... on Bookmark { cursor }
    ... on HostInterrupted { cursor host { name } problem { message } }
    ... on HostResumed { cursor host { name } }
    ... on Lagged { dropped }
    ... on ResyncRequired { reason }
  }
}`;

const hosts = process.argv.length > 2 ? process.argv.slice(2) : null;
/** Names of the domains we know of, by id. */
const known = new Map();
/** Ids seen since the snapshot began. */
const inSnapshot = new Set();
let cursor = null;
let waitMs = 0;

const client = createClient({ url: socketUrl, connectionParams: { token }, retryAttempts: 0 });

for (;;) {
  try {
    for await (const { data, errors } of client.iterate({ query, variables: { after: cursor, hosts } })) {
      if (errors) throw new Error(errors[0].message);
      tell(data.changes);
      // Only now: had we failed before, we would want this change again.
      cursor = data.changes.cursor ?? cursor;
      waitMs = 0;
    }
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal !== null) {
      console.error(refusal);
      process.exit(2);
    }
  }
  waitMs = Math.min(30_000, waitMs * 2 || 500);
  console.log(`-- the connection is gone; again in ${waitMs} ms, from the last cursor`);
  await sleep(waitMs * (0.5 + Math.random() / 2));
}

/** What trying again would not mend; null for a connection that broke. */
function refusalIn(error) {
  if (error?.code === 4403) return 'The gateway does not take this token.';
  if (Array.isArray(error)) return error[0].message;
  return error instanceof Error ? error.message : null;
}

function tell(change) {
  switch (change.__typename) {
    case 'ObjectUpserted': {
      const { object, origin, changedFields } = change;
      inSnapshot.add(object.id);
      known.set(object.id, `${object.host.name}/${object.name}`);
      const what = changedFields ? ` (${changedFields.join(', ')})` : '';
      console.log(`${origin} ${known.get(object.id)} ${object.state} ${object.stateReason}${what}`);
      break;
    }
    case 'ObjectDeleted':
      console.log(`GONE ${known.get(change.id) ?? change.id}`);
      known.delete(change.id);
      break;
    case 'SnapshotComplete':
      for (const [id, name] of known) {
        if (inSnapshot.has(id)) continue;
        console.log(`GONE ${name}`);
        known.delete(id);
      }
      console.log(`-- that is all there is now: ${known.size} domains`);
      break;
    case 'ResyncRequired':
      inSnapshot.clear();
      console.log(`-- starting over: ${change.reason}`);
      break;
    case 'HostInterrupted':
      console.log(`-- ${change.host.name} is out of reach: ${change.problem?.message ?? 'no reason known'}`);
      break;
    case 'HostResumed':
      console.log(`-- ${change.host.name} is back`);
      break;
    case 'Lagged':
      console.log(`-- too slow: ${change.dropped} changes were merged`);
      break;
    default:
      // Bookmark: nothing happened, but the cursor moves on.
      break;
  }
}
