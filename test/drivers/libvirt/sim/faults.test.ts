import { describe, expect, it } from 'vitest';
import { VirtgraphError } from '../../../../src/errors.ts';
import { settle } from '../../../support/fake-clock.ts';
import { define, openTestHost } from './sim-host.ts';

describe('faults on demand', () => {
  it('refuse connections, until they do not', async () => {
    const { daemon, connect } = await openTestHost();
    daemon.setFaults({ refuse: true });
    await expect(connect()).rejects.toSatisfy(
      (error) => error instanceof VirtgraphError && error.detail.problem === 'SOCKET_REFUSED',
    );
    daemon.setFaults({ refuse: false });
    expect(await (await connect()).call('connectGetType', null)).toEqual({ type: 'QEMU' });
  });

  it('stall: nothing is answered, not even a ping, until it goes on', async () => {
    const { client, clock, daemon } = await openTestHost();
    daemon.setFaults({ stalled: true });
    const answer = client.call('connectGetHostname', null);
    client.ping();
    await clock.advance(120_000);
    expect(client.keepalive).toEqual([]);
    daemon.setFaults({ stalled: false });
    expect(await answer).toEqual({ hostname: 'host-1' });
  });

  it('are slow by as much as was said', async () => {
    const { client, clock, daemon } = await openTestHost();
    daemon.setFaults({ latencyMs: 300 });
    let answered = false;
    const answer = client.call('connectGetType', null).then(() => {
      answered = true;
    });
    await clock.advance(299);
    expect(answered).toBe(false);
    await clock.advance(1);
    await answer;
  });

  it('cut a reply in the middle, and the connection with it', async () => {
    const { client, daemon } = await openTestHost();
    daemon.setFaults({ cutNextReplyAfter: 10 });
    let received = 0;
    client.stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    await expect(client.call('connectGetType', null)).rejects.toThrow('The stream ended');
    expect(received).toBe(10);
  });

  it('garble a reply so that no frame can be found in it', async () => {
    const { client, daemon } = await openTestHost();
    daemon.setFaults({ garbleNextReply: true });
    await expect(client.call('connectGetType', null)).rejects.toThrow(/frame/);
  });

  it('lose events, and nothing else', async () => {
    const { client, daemon } = await openTestHost();
    await client.call('domainEventRegister', { eventId: 0, domain: null });
    daemon.setFaults({ dropEvents: true });
    await define(client, 1);
    daemon.setFaults({ dropEvents: false });
    await define(client, 2);
    await settle();
    expect(client.hints).toMatchObject([{ name: 'guest-2' }]);
    expect(await client.call('connectListAllDomains', { needResults: false, flags: 0 })).toMatchObject({ count: 2 });
  });

  it('kill the daemon’s connections all at once, after which it can be reached again', async () => {
    const { client, connect, daemon } = await openTestHost();
    const other = await connect();
    daemon.dropConnections();
    await Promise.all([client.closed, other.closed]);
    await connect();
    expect(daemon.connectionCount).toBe(1);
  });
});
