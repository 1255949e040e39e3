import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { type ConnectOptions, openLibvirtConnection } from '../../../src/drivers/libvirt/connect.ts';
import { type LibvirtErrorName, libvirtErrorNumber } from '../../../src/drivers/libvirt/errors.ts';
import { decodePayload, type Frame } from '../../../src/drivers/libvirt/rpc/frame.ts';
import { procedures } from '../../../src/drivers/libvirt/rpc/procedures.ts';
import { authTypes, features } from '../../../src/drivers/libvirt/rpc/procedures-connect.ts';
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
/** Answers whether the daemon has each feature; returns those that were asked for. */
const answerFeatures = async (has: readonly number[], count: number) => {
  const asked: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const call = await daemon.nextCall('connectSupportsFeature');
    const { feature } = decodePayload(call, procedures.connectSupportsFeature.args);
    asked.push(feature);
    daemon.reply(call, 'connectSupportsFeature', { supported: has.includes(feature) });
  }
  return asked;
};
const refuse = (call: Frame, name: LibvirtErrorName) =>
  daemon.refuse(call, libvirtErrorNumber(name), 'as libvirt says');

describe('opening', () => {
  test('authenticates, opens by the name that was configured, and agrees on features', async () => {
    const connecting = open({ connectName: 'lxc:///system', readOnly: true });
    await offer(authTypes.NONE);
    const call = await acceptOpen();
    expect(decodePayload(call, procedures.connectOpen.args)).toEqual({ name: 'lxc:///system', flags: 1 });
    expect(await answerFeatures([features.REMOTE_EVENT_CALLBACK], 3)).toEqual([10, 14, 15]);
    expect(await connecting).toMatchObject({ hasEvents: true });
  });

  test('registers for the end of the driver where the daemon has that', async () => {
    const connecting = open();
    await offer(authTypes.NONE);
    await acceptOpen();
    await answerFeatures([features.REMOTE_CLOSE_CALLBACK], 3);
    refuse(await daemon.nextCall('closeCallbackRegister'), 'NO_SUPPORT');
    expect(await connecting).toMatchObject({ hasEvents: false });
  });

  test('does not ask for a keepalive that is turned off', async () => {
    const connecting = open({ keepaliveIntervalMs: 0 });
    await offer(authTypes.NONE);
    await acceptOpen();
    expect(await answerFeatures([], 2)).toEqual([14, 15]);
    await connecting;
  });

  test('takes a refusal to say for a no', async () => {
    const connecting = open();
    await offer(authTypes.NONE);
    await acceptOpen();
    for (let i = 0; i < 3; i += 1) refuse(await daemon.nextCall('connectSupportsFeature'), 'INTERNAL_ERROR');
    expect(await connecting).toMatchObject({ hasEvents: false });
  });

  test('asks polkit where the daemon wants it', async () => {
    const connecting = open();
    await offer(authTypes.POLKIT);
    daemon.reply(await daemon.nextCall('authPolkit'), 'authPolkit', { complete: true });
    await acceptOpen();
    await answerFeatures([], 3);
    await expect(connecting).resolves.toMatchObject({ hasEvents: false });
  });

  test('says goodbye when it is closed, once', async () => {
    const connecting = open();
    await offer(authTypes.NONE);
    await acceptOpen();
    await answerFeatures([], 3);
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
