/** What one would build from graphql-ws as its own documentation shows: the same schema and resolvers, nothing of ours between. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Fleet } from '../../src/fleet/types.ts';
import { createContext } from '../../src/resolvers/context.ts';
import { createIdCodec } from '../../src/resolvers/ids.ts';
import { createSchema } from '../../src/resolvers/schema.ts';
import { noConfiguration, noHostAdmin, readSdl, testLimits } from '../../test/support/gateway.ts';

export async function openPlainGraphqlWs(fleet: Fleet): Promise<{ readonly url: string; close(): Promise<void> }> {
  const gateway = {
    fleet,
    hostAdmin: noHostAdmin,
    configuration: () => noConfiguration,
    signal: new AbortController().signal,
    ids: createIdCodec(fleet.id),
    info: { version: '0', startedAt: 0, limits: { ...testLimits, tokens: 0, depth: 0, aliases: 0 } },
  };
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, path: '/graphql', perMessageDeflate: false });
  // Nobody vanishes here, so nobody is pinged.
  const keepAliveMs = 0;
  const schema = createSchema(await readSdl());
  const protocol = useServer({ schema, context: () => createContext(gateway) }, sockets, keepAliveMs);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  // It listens on a port, not on a path.
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      await protocol.dispose();
      http.close();
    },
  };
}
