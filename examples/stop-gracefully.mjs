#!/usr/bin/env node
// Asks a guest to shut down, waits until it is off, and reports. Never forces anything.
//
//   node stop-gracefully.mjs HOST NAME [SECONDS]
//
// Status 0: it is off. 1: it is still on after so many seconds (120 by default). 2: it could not be asked.
import { createClient } from 'graphql-ws';
import { ask, fail, socketUrl, token } from './client.mjs';

const [host, name, seconds = '120'] = process.argv.slice(2);
if (name === undefined) {
  console.error('usage: node stop-gracefully.mjs HOST NAME [SECONDS]');
  process.exit(2);
}

const client = createClient({ url: socketUrl, connectionParams: { token }, retryAttempts: 10 });
try {
  const { domain } = await ask('query ($path: DomainPath!) { domain(by: { path: $path }) { id name state } }', {
    path: { host, name },
  });
  if (domain === null) throw new Error(`There is no domain ${name} on ${host}.`);
  if (domain.state === 'SHUTOFF') {
    console.log(`${name} is off already.`);
  } else {
    const { shutdownDomain } = await ask(
      'mutation ($id: ID!) { shutdownDomain(input: { domain: { id: $id } }) { summary warnings } }',
      { id: domain.id },
    );
    console.log([shutdownDomain.summary, ...shutdownDomain.warnings].join('\n'));
    const isOff = await waitUntilOff(domain.id, Number(seconds) * 1000);
    console.log(isOff ? `${name} is off.` : `${name} is still on after ${seconds} s. Nothing was forced.`);
    process.exitCode = isOff ? 0 : 1;
  }
} catch (error) {
  fail(error);
} finally {
  await client.dispose();
}

/** The present state comes first, so nothing is missed between asking and watching, nor after a broken connection. */
async function waitUntilOff(id, timeoutMs) {
  const query = `subscription ($hosts: [String!], $name: String) {
    domainChanged(filter: { hosts: $hosts, nameContains: $name }) { id state }
  }`;
  const states = client.iterate({ query, variables: { hosts: [host], name } });
  const timer = setTimeout(() => states.return(), timeoutMs);
  try {
    for await (const { data, errors } of states) {
      if (errors) throw new Error(errors[0].message);
      if (data.domainChanged.id === id && data.domainChanged.state === 'SHUTOFF') return true;
    }
    return false;
  } finally {
    clearTimeout(timer);
  }
}
