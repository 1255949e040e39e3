// What the examples share: where the gateway is, the token, and one question over HTTP.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Whoever reads our output may have had enough, as in `node watch.mjs | head`.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));

/** Such as http://127.0.0.1:4000, without a slash at its end. */
export const gatewayUrl = process.env.VIRTGRAPH_URL ?? 'http://127.0.0.1:4000';
export const graphqlUrl = `${gatewayUrl}/graphql`;
export const socketUrl = graphqlUrl.replace(/^http/, 'ws');

/** VIRTGRAPH_TOKEN, else the one that a gateway of this account made at its first start. */
export const token = process.env.VIRTGRAPH_TOKEN ?? readFileSync(join(stateDir(), 'token'), 'utf8').trim();

function stateDir() {
  if (process.env.VIRTGRAPH_STATE_DIR) return process.env.VIRTGRAPH_STATE_DIR;
  return join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state'), 'virtgraph');
}

/** The first error of an answer; `code` is what to decide by. */
export class GatewayError extends Error {
  constructor({ message, extensions }) {
    super(message);
    this.code = extensions?.code ?? 'UNKNOWN';
    this.extensions = extensions ?? {};
  }
}

/** Data of a query or mutation. Throws where anything in it failed: these examples want all or nothing. */
export async function ask(query, variables = {}) {
  const response = await fetch(graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(60_000),
  });
  const { data, errors } = await response.json();
  if (errors) throw new GatewayError(errors[0]);
  return data;
}

/** Ends the script with one line instead of a stack, and status 2: it could not be told. */
export function fail(error) {
  console.error(error instanceof GatewayError ? `${error.code}: ${error.message}` : (error.cause ?? error).message);
  process.exit(2);
}
