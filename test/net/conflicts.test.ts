import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MacAddress, Uuid } from '../../src/model/brands.ts';
import { parseUuid } from '../../src/model/brands.ts';
import { findMacConflicts, type NicRecord } from '../../src/net/conflicts.ts';
import { macFromBytes, parseMac } from '../../src/net/mac.ts';
import { deriveTapMac } from '../../src/net/tap.ts';

function uuidOf(number: number): Uuid {
  const uuid = parseUuid(number.toString(16).padStart(32, '0'));
  if (uuid === null) throw new Error('not a UUID');
  return uuid;
}

let domains = 0;

function nic(mac: string, rest: Partial<NicRecord> = {}): NicRecord {
  domains++;
  const parsed = parseMac(mac);
  return {
    host: 'kvm1',
    domainUuid: uuidOf(domains),
    domainName: `guest${domains}`,
    nicIndex: 0,
    mac: parsed,
    tapMac: deriveTapMac(parsed),
    segment: 'bridge:kvm1/br0',
    active: true,
    ...rest,
  };
}

const brief = (nics: readonly NicRecord[]) =>
  findMacConflicts(nics).map(({ kind, severity, mac, parties }) => [kind, severity, mac, parties]);

describe('findMacConflicts', () => {
  test('finds nothing among guests that have nothing in common', () => {
    expect(findMacConflicts([nic('52:54:00:00:00:01'), nic('52:54:00:00:00:02'), nic('fe:54:00:00:00:03')])).toEqual(
      [],
    );
  });

  test('reports two running guests with one address, once', () => {
    const a = nic('52:54:00:00:00:01', { domainName: 'a' });
    const b = nic('52:54:00:00:00:01', { domainName: 'b' });
    expect(brief([b, a])).toEqual([['DUPLICATE_MAC', 'ERROR', '52:54:00:00:00:01', [a, b]]]);
    expect(findMacConflicts([a, b])[0]?.message).toBe(
      '52:54:00:00:00:01 is used by a on kvm1 and b on kvm1 on the same segment.',
    );
  });

  test('reports one guest that has an address twice', () => {
    const first = nic('52:54:00:00:00:01');
    const second = { ...first, nicIndex: 1 };
    expect(brief([second, first])).toEqual([['DUPLICATE_MAC', 'ERROR', first.mac, [first, second]]]);
    expect(findMacConflicts([first, second])[0]?.message).toBe(
      `${first.mac} is used by 2 cards of ${first.domainName} on ${first.host} on the same segment.`,
    );
  });

  test('reports guests that differ only in the first byte, because their taps are the same', () => {
    const a = nic('52:54:00:00:00:01', { domainName: 'a' });
    const b = nic('02:54:00:00:00:01', { domainName: 'b' });
    expect(brief([a, b])).toEqual([['SAME_TAP_MAC', 'ERROR', 'fe:54:00:00:00:01', [a, b]]]);
  });

  test('reports a guest whose address is the tap address of another', () => {
    const shadowed = nic('fe:54:00:00:00:01', { domainName: 'z' });
    const owner = nic('52:54:00:00:00:01', { domainName: 'a' });
    expect(brief([owner, shadowed])).toEqual([['SHADOWED_BY_TAP', 'ERROR', 'fe:54:00:00:00:01', [shadowed, owner]]]);
  });

  test('does not let a guest without a tap shadow anybody', () => {
    expect(findMacConflicts([nic('fe:54:00:00:00:01'), nic('52:54:00:00:00:01', { tapMac: null })])).toEqual([]);
  });

  test.each([
    ['DUPLICATE_MAC', '52:54:00:00:00:01'],
    ['SAME_TAP_MAC', '02:54:00:00:00:01'],
    ['SHADOWED_BY_TAP', 'fe:54:00:00:00:01'],
  ])('warns of %s when a guest that is off would take part', (kind, other) => {
    const conflicts = findMacConflicts([nic('52:54:00:00:00:01'), nic(other, { active: false })]);
    expect(conflicts.map((conflict) => [conflict.kind, conflict.severity])).toEqual([[kind, 'WARNING']]);
    expect(conflicts[0]?.message).toContain('(off)');
  });

  test('stays an error between running guests when one that is off has the address too', () => {
    const mac = '52:54:00:00:00:01';
    expect(findMacConflicts([nic(mac), nic(mac), nic(mac, { active: false })])).toMatchObject([{ severity: 'ERROR' }]);
  });

  test('keeps segments apart, and takes part in none without one', () => {
    const mac = '52:54:00:00:00:01';
    expect(findMacConflicts([nic(mac), nic(mac, { segment: 'bridge:kvm1/br1' })])).toEqual([]);
    expect(findMacConflicts([nic(mac, { segment: null }), nic(mac, { segment: null })])).toEqual([]);
  });

  test('sees across hosts on a named segment', () => {
    const segment = 'segment:office';
    const mac = '52:54:00:00:00:01';
    expect(findMacConflicts([nic(mac, { segment }), nic(mac, { segment, host: 'kvm2' })])).toMatchObject([
      { kind: 'DUPLICATE_MAC', severity: 'ERROR', segment },
    ]);
  });

  test('takes a definition that a migration left behind for the same guest', () => {
    const here = nic('52:54:00:00:00:01', { segment: 'segment:office' });
    expect(findMacConflicts([here, { ...here, host: 'kvm2', active: false }])).toEqual([]);
    expect(findMacConflicts([here, { ...here, host: 'kvm2' }])).toMatchObject([
      { kind: 'DUPLICATE_MAC', severity: 'WARNING', message: expect.stringContaining('migration') },
    ]);
  });

  test('names three parties and counts the others', () => {
    const mac = '52:54:00:00:00:01';
    const [conflict] = findMacConflicts(Array.from({ length: 7 }, () => nic(mac)));
    expect(conflict?.message).toContain('and 4 more');
    expect(conflict?.parties).toHaveLength(7);
  });

  test('says the same whatever the order of the guests', () => {
    const few = fc.array(
      fc.record({
        first: fc.constantFrom(0x52, 0x02, 0xfe, 0xfa),
        last: fc.integer({ min: 0, max: 2 }),
        active: fc.boolean(),
      }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(few, fc.infiniteStream(fc.nat()), (specs, order) => {
        const nics = specs.map(({ first, last, active }) => nic(macFromBytes([first, 0, 0, 0, 0, last]), { active }));
        const shuffled = nics.toSorted(() => ((order.next().value ?? 0) % 3) - 1);
        expect(findMacConflicts(shuffled)).toEqual(findMacConflicts(nics));
      }),
    );
  });

  test('reports exactly the pairs that a comparison of all with all finds', () => {
    const few = fc.array(fc.tuple(fc.constantFrom(0x52, 0x02, 0xfe, 0xfa), fc.integer({ min: 0, max: 3 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(few, (specs) => {
        const nics = specs.map(([first, last]) => nic(macFromBytes([first, 0, 0, 0, 0, last])));
        const expected = new Set<string>();
        for (const a of nics) {
          for (const b of nics) {
            if (a === b) continue;
            if (a.mac === b.mac) expected.add(`DUPLICATE_MAC ${a.mac}`);
            if (a.tapMac === b.tapMac && a.mac !== b.mac) expected.add(`SAME_TAP_MAC ${a.tapMac}`);
            if (a.mac === b.tapMac) expected.add(`SHADOWED_BY_TAP ${a.mac}`);
          }
        }
        const found = findMacConflicts(nics).map(({ kind, mac }) => `${kind} ${mac}`);
        expect(found.toSorted()).toEqual([...expected].toSorted());
      }),
    );
  });

  test('looks through a hundred thousand guests without comparing each with each', () => {
    const uuid = uuidOf(1);
    const mac = (index: number): MacAddress =>
      macFromBytes([0x52, 0x54, 0, index >> 16, (index >> 8) & 255, index & 255]);
    const nics = Array.from({ length: 100_000 }, (_, index): NicRecord => {
      const address = mac(index);
      return { ...nic(address), domainUuid: uuid, domainName: `guest${index}`, nicIndex: index };
    });
    const twice = nics[77_777];
    if (twice === undefined) throw new Error('there are a hundred thousand');
    expect(findMacConflicts([...nics, { ...twice, nicIndex: 1_000_000 }])).toHaveLength(1);
  });
});
