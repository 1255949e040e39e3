import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMacRegistry } from '../../../src/fleet/mac/mac-registry.ts';
import type { DomainRecord } from '../../../src/fleet/objects.ts';
import { parseMac } from '../../../src/net/mac.ts';
import { deriveTapMac } from '../../../src/net/tap.ts';
import { domainRecord, nicOf } from '../domain-record.ts';

const mac = (last: number, first = '52') => parseMac(`${first}:54:00:00:00:${last.toString(16).padStart(2, '0')}`);

function registryOf(domains: readonly DomainRecord[] = [], randomBytes = (count: number) => new Uint8Array(count)) {
  const registry = createMacRegistry(
    { isSessionDaemon: () => false, network: () => null, networksMark: () => null, domainsOn: () => [], randomBytes },
    [],
  );
  for (const domain of domains) registry.replaceDomain(null, domain);
  return registry;
}

describe('owners', () => {
  const running = domainRecord({ number: 1, name: 'web', state: 'RUNNING', macs: [mac(1)] });
  const off = domainRecord({ number: 2, name: 'old', hostName: 'b', macs: [mac(2)] });

  test('are found by the address of a guest and by that of its tap, also of guests that are off', () => {
    const registry = registryOf([running, off]);
    expect(registry.owners(mac(1))).toEqual([
      { hostName: 'a', domainUuid: running.uuid, domainName: 'web', interfaceIndex: 0, role: 'GUEST', active: true },
    ]);
    expect(registry.owners(deriveTapMac(mac(2)))).toMatchObject([{ domainName: 'old', role: 'TAP', active: false }]);
  });

  test('follow a domain that changes its cards, its name or its state, and are gone with it', () => {
    const registry = registryOf([running]);
    const renamed = domainRecord({ number: 1, name: 'www', macs: [mac(3)] });
    registry.replaceDomain(running, renamed);
    expect(registry.owners(mac(1))).toEqual([]);
    expect(registry.owners(mac(3))).toMatchObject([{ domainName: 'www', active: false }]);
    registry.replaceDomain(renamed, null);
    expect(registry.owners(mac(3))).toEqual([]);
    expect(registry.isFree(mac(3))).toBe(true);
  });

  test('have the cards of a stored configuration too, as cards that are off', () => {
    const registry = registryOf([{ ...running, storedInterfaces: [nicOf(mac(1)), nicOf(mac(9))] }]);
    expect(registry.owners(mac(1))).toHaveLength(1);
    expect(registry.owners(mac(9))).toMatchObject([{ interfaceIndex: 1, active: false }]);
  });
});

describe('conflicts', () => {
  test('name both guests, and are found anew after each change', () => {
    const one = domainRecord({ number: 1, state: 'RUNNING', macs: [mac(1)] });
    const two = domainRecord({ number: 2, state: 'RUNNING', macs: [mac(1)] });
    const registry = registryOf([one, two]);
    expect(registry.conflicts(null)).toMatchObject([
      { kind: 'DUPLICATE_MAC', severity: 'ERROR', macAddress: mac(1), parties: [{ role: 'GUEST' }, { role: 'GUEST' }] },
    ]);
    expect(registry.conflicts('b')).toEqual([]);
    registry.replaceDomain(two, null);
    expect(registry.conflicts('a')).toEqual([]);
  });

  test('say who is in them as a tap', () => {
    const guest = domainRecord({ number: 1, macs: [deriveTapMac(mac(1))] });
    const owner = domainRecord({ number: 2, macs: [mac(1)] });
    const [conflict] = registryOf([guest, owner]).conflicts(null);
    expect(conflict).toMatchObject({
      kind: 'SHADOWED_BY_TAP',
      parties: [
        { domainUuid: guest.uuid, role: 'GUEST' },
        { domainUuid: owner.uuid, role: 'TAP' },
      ],
    });
  });
});

describe('reservations', () => {
  test('keep an address and its tap address from everybody else until they are released', () => {
    const registry = registryOf();
    const release = registry.reserve(mac(1));
    expect(registry.isFree(mac(1))).toBe(false);
    expect(registry.isFree(mac(1, 'fe'))).toBe(false);
    expect(() => registry.reserve(mac(1))).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
    release();
    release();
    expect(registry.isFree(mac(1))).toBe(true);
  });

  test('two that need the same tap address hold it together', () => {
    const registry = registryOf();
    const first = registry.reserve(mac(1, '52'));
    const second = registry.reserve(mac(1, '56'));
    first();
    expect(registry.isFree(mac(1, 'fe'))).toBe(false);
    second();
    expect(registry.isFree(mac(1, 'fe'))).toBe(true);
  });

  test('what is proposed is free, whatever is taken or reserved, and never proposed again while it is reserved', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat({ max: 255 }), { maxLength: 100 }),
        fc.uniqueArray(fc.nat({ max: 255 }), { maxLength: 50 }),
        fc.infiniteStream(fc.nat({ max: 255 })),
        (taken, reserved, random) => {
          const registry = registryOf(
            taken.map((last, number) => domainRecord({ number, macs: [mac(last)] })),
            (count) => Uint8Array.from({ length: count }, () => random.next().value ?? 0),
          );
          for (const last of reserved) if (!taken.includes(last)) registry.reserve(mac(last));
          const given = new Set<string>();
          for (let times = 0; times < 20; times++) {
            const proposed = registry.propose('52:54:00:00:00');
            expect(registry.isFree(proposed)).toBe(true);
            registry.reserve(proposed);
            given.add(proposed);
          }
          expect(given.size).toBe(20);
        },
      ),
      { numRuns: 50 },
    );
  });
});
