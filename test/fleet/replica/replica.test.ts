import { describe, expect, test } from 'vitest';
import type { DomainRecord } from '../../../src/fleet/objects.ts';
import { unpackText } from '../../../src/fleet/replica/packed-text.ts';
import { createReplica } from '../../../src/fleet/replica/replica.ts';
import type { DomainSnapshot } from '../../../src/model/domain.ts';
import { createFakeHost, targetOf } from '../fake-host.ts';

const signal = new AbortController().signal;
const replica = () => createReplica('alpha', { domainStored: () => {}, tell: () => {} });

async function snapshotOf(): Promise<DomainSnapshot> {
  const host = createFakeHost('alpha');
  const { uuid } = host.add('web', { state: 'RUNNING', libvirtId: 1 });
  const driver = await host.open(targetOf('alpha'), { signal });
  return driver.readDomain(uuid, { signal });
}

describe('what is known of a domain', () => {
  test('is of the texts that were read, and of no others', async () => {
    const snapshot = await snapshotOf();
    const filled = replica();
    expect(filled.knownDomain(snapshot.status.uuid)).toBeNull();
    filled.putDomain(snapshot, () => [], 'EVENT');
    const known = filled.knownDomain(snapshot.status.uuid);
    expect(known).toMatchObject({ config: snapshot.config, version: snapshot.version });
    const { xml, inactiveXml } = snapshot;
    expect(known?.isOf(xml, inactiveXml)).toBe(true);
    expect(known?.isOf(`${xml} `, inactiveXml)).toBe(false);
    expect(known?.isOf(xml, `${inactiveXml ?? xml} `)).toBe(false);
    expect(known?.isOf(xml, inactiveXml === null ? xml : null)).toBe(false);
  });

  test('is not what an earlier run of the program made of them', async () => {
    const snapshot = await snapshotOf();
    const [first, later] = [replica(), replica()];
    first.putDomain(snapshot, () => [], 'EVENT');
    const record = first.domains.get(snapshot.status.uuid) as DomainRecord;
    later.restore([record]);
    expect(unpackText(record.xml)).toBe(snapshot.xml);
    expect(later.knownDomain(snapshot.status.uuid)).toBeNull();
    later.putDomain(snapshot, () => [], 'RECONCILE');
    expect(later.knownDomain(snapshot.status.uuid)).not.toBeNull();
  });
});
