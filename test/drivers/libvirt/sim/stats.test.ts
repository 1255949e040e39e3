import { describe, expect, it } from 'vitest';
import type { TypedParam } from '../../../../src/drivers/libvirt/rpc/typed-params.ts';
import type { RawClient } from './raw-client.ts';
import { define, nicXml, openTestHost, ref, refusal, start } from './sim-host.ts';

const devices = `${nicXml('52:54:00:00:00:01')}<interface type='user'/>
  <disk type='file' device='disk'><source file='/images/a.qcow2'/><target dev='vda'/></disk>
  <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>`;

async function read(client: RawClient, groups = 63, flags = 0): Promise<Map<string, TypedParam['value']['value']>> {
  const { records } = await client.call('connectGetAllDomainStats', { domains: [ref(1)], stats: groups, flags });
  return new Map(records[0]?.params.map(({ field, value }) => [field, value.value]));
}

describe('readings of a QEMU guest', () => {
  it('have the names that libvirt gives them', async () => {
    const { client } = await openTestHost();
    await start(client, 1, { devices });
    const fields = [...(await read(client)).keys()];
    const nic = (what: string) => ['bytes', 'pkts', 'errs', 'drop'].map((unit) => `net.0.${what}.${unit}`);
    const disk = (number: number) =>
      ['rd.reqs', 'rd.bytes', 'rd.times', 'wr.reqs', 'wr.bytes', 'wr.times', 'fl.reqs', 'fl.times'].map(
        (what) => `block.${number}.${what}`,
      );
    expect(fields).toEqual([
      'state.state',
      'state.reason',
      'cpu.time',
      'cpu.user',
      'cpu.system',
      'cpu.cache.monitor.count',
      'cpu.haltpoll.success.time',
      'cpu.haltpoll.fail.time',
      'balloon.current',
      'balloon.maximum',
      'balloon.swap_in',
      'balloon.swap_out',
      'balloon.major_fault',
      'balloon.minor_fault',
      'balloon.unused',
      'balloon.available',
      'balloon.usable',
      'balloon.last-update',
      'balloon.rss',
      'vcpu.current',
      'vcpu.maximum',
      ...[0, 1].flatMap((index) => ['state', 'time', 'wait', 'delay'].map((what) => `vcpu.${index}.${what}`)),
      'net.count',
      'net.0.name',
      ...nic('rx'),
      ...nic('tx'),
      'block.count',
      'block.0.name',
      'block.0.path',
      'block.0.backingIndex',
      ...disk(0),
      'block.0.allocation',
      'block.0.capacity',
      'block.0.physical',
      'block.1.name',
      ...disk(1),
    ]);
  });

  it('are only of the groups that were asked for', async () => {
    const { client } = await openTestHost();
    await start(client, 1, { devices });
    expect([...(await read(client, 1)).keys()]).toEqual(['state.state', 'state.reason']);
    expect(await read(client, 1 << 20)).toEqual(new Map());
    const enforced = client.call('connectGetAllDomainStats', { domains: [], stats: 1 << 20, flags: 0x8000_0000 });
    await expect(enforced).rejects.toMatchObject(refusal(74, 10));
  });

  it('never go back while the guest runs, stand still while it is paused, and begin anew with it', async () => {
    const { client, clock } = await openTestHost();
    await start(client, 1, { devices });
    const counters = ['cpu.time', 'vcpu.1.time', 'net.0.rx.bytes', 'net.0.tx.pkts', 'block.0.wr.bytes'];
    const values = async () => {
      const all = await read(client);
      return counters.map((name) => {
        const value = all.get(name);
        if (typeof value !== 'bigint') throw new Error(`${name} is no counter.`);
        return value;
      });
    };
    let before = await values();
    for (let second = 0; second < 200; second += 1) {
      await clock.advance(1000);
      const now = await values();
      now.forEach((value, index) => expect(value).toBeGreaterThanOrEqual(before[index] ?? 0n));
      before = now;
    }
    expect(before.every((value) => value > 1000n)).toBe(true);

    await client.call('domainSuspend', { domain: ref(1) });
    await clock.advance(60_000);
    expect(await values()).toEqual(before);

    await client.call('domainDestroyFlags', { domain: ref(1), flags: 0 });
    await client.call('domainCreateWithFlags', { domain: ref(1), flags: 0 });
    (await values()).forEach((value, index) => expect(value).toBeLessThan(before[index] ?? 0n));
  });

  it('of those that are not there, or do not run, say little', async () => {
    const { client } = await openTestHost();
    await define(client, 1, { devices });
    const off = [...(await read(client)).keys()];
    expect(off).toContain('balloon.maximum');
    expect(off).not.toContain('net.count');
    expect(off).not.toContain('block.0.rd.reqs');
    const nobody = { domains: [ref(7)], stats: 1, flags: 0 };
    expect(await client.call('connectGetAllDomainStats', nobody)).toEqual({ records: [] });
    const active = { domains: [], stats: 1, flags: 1 };
    expect(await client.call('connectGetAllDomainStats', active)).toEqual({ records: [] });
  });

  it('can be had one by one as well', async () => {
    const { client, clock } = await openTestHost();
    await start(client, 1, { devices });
    await clock.advance(10_000);
    const all = await read(client);
    const nic = await client.call('domainInterfaceStats', { domain: ref(1), device: 'vnet0' });
    expect(nic.rxBytes).toBe(all.get('net.0.rx.bytes'));
    const disk = await client.call('domainBlockStats', { domain: ref(1), path: 'vda' });
    expect(disk.writeBytes).toBe(all.get('block.0.wr.bytes'));
    expect((await client.call('domainGetInfo', { domain: ref(1) })).cpuTimeNs).toBe(all.get('cpu.time'));
    const cpu = { domain: ref(1), startCpu: -1, cpus: 1, flags: 0 };
    expect(await client.call('domainGetCpuStats', { ...cpu, paramCount: 0 })).toEqual({ params: [], paramCount: 3 });
    expect((await client.call('domainGetCpuStats', { ...cpu, paramCount: 3 })).params[0]).toEqual({
      field: 'cpu_time',
      value: { type: 'ULLONG', value: all.get('cpu.time') },
    });
    await expect(client.call('domainInterfaceStats', { domain: ref(1), device: 'vnet9' })).rejects.toMatchObject(
      refusal(8, 20),
    );
    await expect(client.call('domainBlockStats', { domain: ref(1), path: 'vdz' })).rejects.toMatchObject(
      refusal(8, 10),
    );
  });
});

describe('readings of the other hypervisors', () => {
  it('are of the state alone for the test driver', async () => {
    const { client } = await openTestHost('test');
    await start(client, 1, { type: 'test' });
    expect([...(await read(client)).keys()]).toEqual(['state.state', 'state.reason']);
  });
});
