import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { type ConnectOptions, openLibvirtConnection } from '../../../src/drivers/libvirt/connect.ts';
import { type LibvirtErrorName, libvirtErrorNumber } from '../../../src/drivers/libvirt/errors.ts';
import { decodePayload, type Frame, programs } from '../../../src/drivers/libvirt/rpc/frame.ts';
import { procedures } from '../../../src/drivers/libvirt/rpc/procedures.ts';
import { authTypes, features } from '../../../src/drivers/libvirt/rpc/procedures-connect.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { openScriptedDaemon, type ScriptedDaemon } from './rpc/scripted-daemon.ts';

let daemon: ScriptedDaemon;
beforeEach(async () => {
  daemon = await openScriptedDaemon();
});
afterEach(() => daemon.close());

const open = (options: Partial<ConnectOptions> = {}) => {
  const connecting = openLibvirtConnection(
    daemon.client,
    {
      connectName: 'qemu:///system',
      readOnly: false,
      keepaliveIntervalMs: 5_000,
      keepaliveCount: 5,
      clock: systemClock,
      onHint: () => {},
      ...options,
    },
    { signal: new AbortController().signal },
  );
  // A test looks at its failure only after it has played the daemon's part.
  connecting.catch(() => {});
  return connecting;
};

const offer = async (...types: number[]) => daemon.reply(await daemon.nextCall('authList'), 'authList', { types });
const acceptOpen = async (): Promise<Frame> => {
  const call = await daemon.nextCall('connectOpen');
  daemon.reply(call, 'connectOpen', null);
  return call;
};
/** Answers whether the daemon has the next feature that is asked for; returns which that was. */
const answerFeature = async (supported: boolean) => {
  const call = await daemon.nextCall('connectSupportsFeature');
  daemon.reply(call, 'connectSupportsFeature', { supported });
  return decodePayload(call, procedures.connectSupportsFeature.args).feature;
};
/** What a daemon says whose driver cannot be lost behind it. */
const refuseCloseCallback = async () => refuse(await daemon.nextCall('closeCallbackRegister'), 'NO_SUPPORT');
const refuse = (call: Frame, name: LibvirtErrorName) =>
  daemon.refuse(call, libvirtErrorNumber(name), 'as libvirt says');

describe('opening', () => {
  test('authenticates, opens by the name that was configured, and asks for what it needs', async () => {
    const connecting = open({ connectName: 'lxc:///system', readOnly: true });
    await offer(authTypes.NONE);
    const call = await acceptOpen();
    expect(decodePayload(call, procedures.connectOpen.args)).toEqual({ name: 'lxc:///system', flags: 1 });
    expect(await answerFeature(true)).toBe(features.REMOTE_EVENT_CALLBACK);
    await refuseCloseCallback();
    expect(await connecting).toMatchObject({ hasEvents: true });
  });

  test('pings a daemon that has events, without asking it to ping as well', async () => {
    const clock = createFakeClock();
    const connecting = open({ clock });
    await offer(authTypes.NONE);
    await acceptOpen();
    await answerFeature(true);
    await refuseCloseCallback();
    await connecting;
    await clock.advance(5_000);
    expect(await daemon.next()).toMatchObject({ program: programs.keepalive.number });
  });

  test('asks an older daemon whether it has keepalive', async () => {
    const connecting = open();
    await offer(authTypes.NONE);
    await acceptOpen();
    await answerFeature(false);
    await refuseCloseCallback();
    expect(await answerFeature(true)).toBe(features.PROGRAM_KEEPALIVE);
    expect(await connecting).toMatchObject({ hasEvents: false });
  });

  test('does not ask for a keepalive that is turned off', async () => {
    const connecting = open({ keepaliveIntervalMs: 0 });
    await offer(authTypes.NONE);
    await acceptOpen();
    await answerFeature(false);
    await refuseCloseCallback();
    expect(await connecting).toMatchObject({ hasEvents: false });
  });

  test('takes a refusal to say for a no', async () => {
    const connecting = open();
    await offer(authTypes.NONE);
    await acceptOpen();
    refuse(await daemon.nextCall('connectSupportsFeature'), 'INTERNAL_ERROR');
    await refuseCloseCallback();
    refuse(await daemon.nextCall('connectSupportsFeature'), 'INTERNAL_ERROR');
    expect(await connecting).toMatchObject({ hasEvents: false });
  });

  test('asks polkit where the daemon wants it', async () => {
    const connecting = open();
    await offer(authTypes.POLKIT);
    daemon.reply(await daemon.nextCall('authPolkit'), 'authPolkit', { complete: true });
    await acceptOpen();
    await answerFeature(true);
    await refuseCloseCallback();
    await expect(connecting).resolves.toMatchObject({ hasEvents: true });
  });

  test('says goodbye when it is closed, once', async () => {
    const connecting = open();
    await offer(authTypes.NONE);
    await acceptOpen();
    await answerFeature(true);
    await refuseCloseCallback();
    const connection = await connecting;
    const closing = connection.close();
    daemon.reply(await daemon.nextCall('connectClose'), 'connectClose', null);
    await closing;
    await connection.close();
    expect((await connection.client.closed).message).toBe('The gateway closed the connection.');
  });
});

describe('opening fails at its stage', () => {
  test('when the daemon wants SASL, by its name', async () => {
    const connecting = open();
    await offer(authTypes.SASL);
    await expect(connecting).rejects.toMatchObject({
      code: 'HOST_BLOCKED',
      message: expect.stringContaining('SASL'),
      detail: { problem: 'LIBVIRT_AUTH_UNSUPPORTED', remedy: expect.stringContaining('auth_unix_rw') },
    });
  });

  test('when polkit says no', async () => {
    const connecting = open();
    await offer(authTypes.POLKIT);
    refuse(await daemon.nextCall('authPolkit'), 'AUTH_FAILED');
    await expect(connecting).rejects.toMatchObject({
      message: expect.stringContaining('as libvirt says'),
      detail: { problem: 'LIBVIRT_AUTH_FAILED', libvirt: { codeName: 'AUTH_FAILED' } },
    });
  });

  test.each<[LibvirtErrorName, string]>([
    ['NO_CONNECT', 'LIBVIRT_DRIVER_MISSING'],
    ['ACCESS_DENIED', 'LIBVIRT_AUTH_FAILED'],
    ['INTERNAL_ERROR', 'LIBVIRT_OPEN_FAILED'],
  ])('when the open is answered by %s', async (name, problem) => {
    const connecting = open();
    await offer(authTypes.NONE);
    refuse(await daemon.nextCall('connectOpen'), name);
    await expect(connecting).rejects.toMatchObject({
      message: expect.stringMatching(/qemu:\/\/\/system.*as libvirt says/),
      detail: { problem, libvirt: { codeName: name } },
    });
  });

  test('when the daemon goes away meanwhile, and the stream is let go', async () => {
    const connecting = open();
    await daemon.nextCall('authList');
    daemon.socket.end();
    await expect(connecting).rejects.toMatchObject({ detail: { problem: 'CONNECTION_LOST' } });
    expect(daemon.client.destroyed).toBe(true);
  });

  test('when it is no libvirt that answers', async () => {
    const connecting = open();
    daemon.send(Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n'));
    await expect(connecting).rejects.toMatchObject({ detail: { problem: 'PROTOCOL_ERROR' } });
  });
});
