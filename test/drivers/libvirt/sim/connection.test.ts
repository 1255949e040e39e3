import { describe, expect, it, vi } from 'vitest';
import { decodePayload, programs } from '../../../../src/drivers/libvirt/rpc/frame.ts';
import { keepaliveProcedures } from '../../../../src/drivers/libvirt/rpc/keepalive.ts';
import { remoteError } from '../../../../src/drivers/libvirt/rpc/objects.ts';
import { createSimDaemon } from '../../../../src/drivers/libvirt/sim/daemon.ts';
import { createFakeClock, settle } from '../../../support/fake-clock.ts';
import { openRawClient, rawClient } from './raw-client.ts';
import { define, openTestHost, ref, refusal, start, uuid } from './sim-host.ts';

// 1 INTERNAL_ERROR, 5 NO_CONNECT, 8 INVALID_ARG, 29 OPERATION_DENIED, 39 RPC; sources 0 NONE, 7 RPC, 20 DOMAIN.

describe('a connection', () => {
  it('is asked to be opened before anything else, once, and by a name of this driver', async () => {
    const { daemon } = await openTestHost();
    const client = rawClient(daemon.connect());
    await expect(client.call('connectGetType', null)).rejects.toMatchObject(refusal(1, 7));
    expect(await client.call('authList', null)).toEqual({ types: [0] });
    await expect(client.call('connectOpen', { name: 'zebra:///x', flags: 0 })).rejects.toMatchObject(refusal(5, 0));
    await client.call('connectOpen', { name: 'qemu:///system', flags: 0 });
    expect(await client.call('connectGetType', null)).toEqual({ type: 'QEMU' });
    await expect(client.call('connectOpen', { name: 'qemu:///system', flags: 0 })).rejects.toMatchObject(refusal(1, 7));
  });

  it('ends after it was closed', async () => {
    const { client, daemon } = await openTestHost();
    await client.call('connectClose', null);
    await client.closed;
    expect(daemon.connectionCount).toBe(0);
  });

  it('is told of procedures and programs that there are not', async () => {
    const { client } = await openTestHost();
    const unknown = await client.callNumber(programs.remote.number, 9999);
    expect(decodePayload(unknown, remoteError)).toMatchObject({ code: 39, domain: 7 });
    const elsewhere = await client.callNumber(0x1234, 1);
    expect(decodePayload(elsewhere, remoteError)).toMatchObject({ code: 39, domain: 7 });
    expect(await client.call('connectGetType', null)).toEqual({ type: 'QEMU' });
  });

  it('is cut after a length that no frame has', async () => {
    const { client, daemon } = await openTestHost();
    client.stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await client.closed;
    expect(daemon.connectionCount).toBe(0);
  });

  it('takes frames that arrive byte by byte', async () => {
    const { client } = await openTestHost();
    const { stream } = client;
    const write = stream.write.bind(stream);
    vi.spyOn(stream, 'write').mockImplementation((bytes: Uint8Array) => {
      for (const byte of bytes) write(Buffer.from([byte]));
      return true;
    });
    expect(await client.call('connectGetHostname', null)).toEqual({ hostname: 'host-1' });
  });

  it.each(['flag', 'socket'])('that is read-only by its %s may look and not touch', async (how) => {
    const { daemon } = await openTestHost();
    const stream = daemon.connect({ readOnly: how === 'socket' });
    const client = await openRawClient(stream, 'qemu:///system', how === 'flag' ? 1 : 0);
    expect(await client.call('connectListAllDomains', { needResults: true, flags: 0 })).toEqual({
      domains: [],
      count: 0,
    });
    await expect(define(client, 1)).rejects.toMatchObject(refusal(29, 20, 'virDomainDefineXMLFlags'));
  });
});

describe('five calls at once', () => {
  const stickGuests = async (count: number) => {
    const host = await openTestHost();
    await host.client.call('connectSupportsFeature', { feature: 10 });
    const ended = new Set<number>();
    for (let number = 1; number <= count; number += 1) {
      await start(host.client, number);
      host.daemon.stick(uuid(number));
    }
    for (let number = 1; number <= count; number += 1) {
      void host.client.call('domainSuspend', { domain: ref(number) }).then(
        () => ended.add(number),
        () => ended.add(number),
      );
    }
    await settle();
    return { ...host, ended };
  };

  it('are one too many: the daemon stops reading, hears no ping, and closes after half a minute', async () => {
    const { client, clock, daemon } = await stickGuests(5);
    let answered = false;
    client.call('connectGetLibVersion', null).then(
      () => {
        answered = true;
      },
      () => {},
    );
    client.ping();
    await clock.advance(25_000);
    expect(answered).toBe(false);
    expect(client.keepalive).not.toContain(keepaliveProcedures.PONG);
    expect(client.keepalive).toContain(keepaliveProcedures.PING);
    await clock.advance(10_000);
    await client.closed;
    expect(answered).toBe(false);
    expect(daemon.connectionCount).toBe(0);
  });

  it('were four: everything else is answered', async () => {
    const { client, clock } = await stickGuests(4);
    expect(await client.call('connectGetLibVersion', null)).toEqual({ version: 9_000_000 });
    client.ping();
    await clock.advance(0);
    expect(client.keepalive).toContain(keepaliveProcedures.PONG);
  });

  it('are read on when one of them is answered', async () => {
    const { client, daemon, ended } = await stickGuests(5);
    const version = client.call('connectGetLibVersion', null);
    daemon.unstick(uuid(3));
    expect(await version).toEqual({ version: 9_000_000 });
    expect([...ended]).toEqual([3]);
  });
});

describe('keepalive', () => {
  it('starts when it is asked for, and needs one timer for all clients', async () => {
    const { client, clock, connect } = await openTestHost();
    const other = await connect();
    await clock.advance(60_000);
    expect(client.keepalive).toEqual([]);
    expect(clock.pending).toBe(0);
    await client.call('connectSupportsFeature', { feature: 10 });
    await other.call('connectSupportsFeature', { feature: 10 });
    expect(clock.pending).toBe(1);
    await clock.advance(10_000);
    expect(client.keepalive).toContain(keepaliveProcedures.PING);
    expect(other.keepalive).toContain(keepaliveProcedures.PING);
  });

  it('keeps a client that says anything at all', async () => {
    const { client, clock, daemon } = await openTestHost();
    await client.call('connectSupportsFeature', { feature: 10 });
    for (let i = 0; i < 10; i += 1) {
      await clock.advance(20_000);
      await client.call('connectGetType', null);
    }
    expect(daemon.connectionCount).toBe(1);
    await clock.advance(40_000);
    await client.closed;
  });
});

describe('events', () => {
  it('go to every client that registered, under its own number, until it deregisters', async () => {
    const { client, connect } = await openTestHost();
    const other = await connect();
    const mine = await client.call('domainEventRegister', { eventId: 0, domain: null });
    const theirs = await other.call('domainEventRegister', { eventId: 0, domain: null });
    expect(theirs.callbackId).not.toBe(mine.callbackId);
    await define(client, 1);
    await settle();
    expect([client.hints.length, other.hints.length]).toEqual([1, 1]);
    await other.call('domainEventDeregister', theirs);
    await define(client, 2);
    await settle();
    expect([client.hints.length, other.hints.length]).toEqual([2, 1]);
    await expect(other.call('domainEventDeregister', theirs)).rejects.toMatchObject(refusal(1, 7));
  });

  it('of one domain only are of that domain only', async () => {
    const { client } = await openTestHost();
    await client.call('domainEventRegister', { eventId: 0, domain: ref(2) });
    await define(client, 1);
    await define(client, 2);
    await settle();
    expect(client.hints).toMatchObject([{ name: 'guest-2' }]);
  });

  it('cannot be registered for twice, nor when they came with a later libvirt', async () => {
    const { client } = await openTestHost();
    await client.call('domainEventRegister', { eventId: 0, domain: null });
    await expect(client.call('domainEventRegister', { eventId: 0, domain: null })).rejects.toMatchObject(refusal(8, 0));
    await expect(client.call('domainEventRegister', { eventId: 27, domain: null })).rejects.toMatchObject(
      refusal(1, 7),
    );
    await expect(client.call('networkEventRegister', { eventId: 5, network: null })).rejects.toMatchObject(
      refusal(1, 7),
    );
  });

  it('end with the connection', async () => {
    const { client, daemon } = await openTestHost();
    await client.call('domainEventRegister', { eventId: 0, domain: null });
    expect(daemon.host.events.registrations.size).toBe(1);
    client.stream.destroy();
    await settle();
    expect(daemon.host.events.registrations.size).toBe(0);
  });

  it('of any kind can be had on demand', async () => {
    const { client, daemon } = await openTestHost();
    await define(client, 1);
    await client.call('domainEventRegister', { eventId: 10, domain: null });
    await client.call('storagePoolEventRegister', { eventId: 1, pool: null });
    daemon.emitDomain('tray-change', uuid(1), { alias: 'sata0-0-0', reason: 0 });
    const [pool] = daemon.host.pools;
    if (!pool) throw new Error('There is a pool.');
    daemon.emitObject('storage pool refresh', pool.uuid, { pool: { name: pool.name, uuid: pool.uuid } });
    await settle();
    expect(client.hints).toMatchObject([
      { kind: 'domain', event: 'tray-change', detail: { reason: 'opened' } },
      { kind: 'storagePool', name: 'default', event: 'refresh' },
    ]);
  });
});

describe('a daemon that is closed', () => {
  it('ends its connections, takes no more, and leaves no timer', async () => {
    const { client, clock, daemon } = await openTestHost();
    await client.call('connectSupportsFeature', { feature: 10 });
    await start(client, 1);
    await client.call('domainShutdownFlags', { domain: ref(1), flags: 0 });
    daemon.close();
    daemon.close();
    await client.closed;
    expect(clock.pending).toBe(0);
    expect(() => daemon.connect()).toThrow(/refuses/);
  });

  it('is one of a thousand, none of which needs a timer while nobody is connected', () => {
    const clock = createFakeClock();
    for (let index = 0; index < 1000; index += 1) createSimDaemon({ name: `h${index}`, hypervisor: 'qemu', clock });
    expect(clock.pending).toBe(0);
  });
});
