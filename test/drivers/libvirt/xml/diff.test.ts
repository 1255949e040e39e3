import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffXml } from '../../../../src/drivers/libvirt/xml/diff.ts';

const nic = (mac: string, network = 'default') =>
  `<interface type='network'><mac address='${mac}'/><source network='${network}'/></interface>`;
const domain = (...devices: string[]) =>
  `<domain type='kvm'><name>web</name><devices>${devices.join('')}</devices></domain>`;
const [a, b, c] = ['52:54:00:00:00:0a', '52:54:00:00:00:0b', '52:54:00:00:00:0c'] as const;

describe('two configurations differ', () => {
  test('in an attribute, named by its path', () => {
    expect(diffXml(domain(nic(a), nic(b)), domain(nic(a), nic(b, 'lab')))).toEqual([
      { path: 'devices/interface[2]/source/@network', before: 'default', after: 'lab' },
    ]);
  });

  test('in a text, and in an attribute of the root', () => {
    expect(
      diffXml(
        "<domain type='kvm'><memory unit='KiB'>1</memory></domain>",
        "<domain type='qemu'><memory unit='KiB'>2</memory></domain>",
      ),
    ).toEqual([
      { path: '@type', before: 'kvm', after: 'qemu' },
      { path: 'memory', before: '1', after: '2' },
    ]);
  });

  test('in one card that is new, or gone, however many others there are', () => {
    const card = `<interface type="network"><mac address="${b}"/><source network="default"/></interface>`;
    expect(diffXml(domain(nic(a), nic(c)), domain(nic(a), nic(b), nic(c)))).toEqual([
      { path: 'devices/interface[2]', before: null, after: card },
    ]);
    expect(diffXml(domain(nic(a), nic(b), nic(c)), domain(nic(a), nic(c)))).toEqual([
      { path: 'devices/interface[2]', before: card, after: null },
    ]);
  });

  test('in one card alone where it was the only one', () => {
    expect(diffXml(domain(), domain(nic(a)))).toMatchObject([{ path: 'devices/interface', before: null }]);
  });

  test('in nothing for the order of attributes, comments, white space and the order of cards', () => {
    const before = domain(nic(a), nic(b));
    const after = `<domain  type="kvm">
      <!-- mine --><name> web </name>
      <devices>
        <interface type="network"><source network="default"/><mac address="${b}"/></interface>
        <interface type="network"><mac address="${a}"/><source network="default"/></interface>
      </devices></domain>`;
    expect(diffXml(before, after)).toEqual([]);
  });

  test('in a password without showing it', () => {
    const screen = (passwd: string) => domain(`<graphics type='vnc'${passwd}/>`);
    expect(diffXml(screen(''), screen(" passwd='secret'"))).toEqual([
      { path: 'devices/graphics/@passwd', before: null, after: '[hidden]' },
    ]);
    expect(JSON.stringify(diffXml(domain(), screen(" passwd='secret'")))).not.toContain('secret');
  });
});

test('what is no XML is refused', () => {
  expect(() => diffXml(domain(), 'nonsense')).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
});

describe('laws', () => {
  const names = fc.constantFrom('a', 'b', 'interface');
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc
      .tuple(
        names,
        fc.constantFrom('', " x='1'", " x='2'"),
        fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('tree'), { maxLength: 3 })),
      )
      .map(([name, attributes, inside]) => `<${name}${attributes}>${inside.join('')}</${name}>`),
  }));
  const doc = fc.array(tree, { maxLength: 4 }).map((inside) => `<domain>${inside.join('')}</domain>`);

  test('nothing differs from itself', () => {
    fc.assert(
      fc.property(doc, (xml) => {
        expect(diffXml(xml, xml)).toEqual([]);
      }),
    );
  });

  test('what differs one way differs the other way', () => {
    fc.assert(
      fc.property(doc, doc, (one, other) => {
        expect(diffXml(one, other).length === 0).toBe(diffXml(other, one).length === 0);
      }),
    );
  });
});

test('a real configuration differs from itself in nothing', () => {
  const xml = readFileSync(new URL('./fixtures/kvm-live.xml', import.meta.url), 'utf8');
  expect(diffXml(xml, xml)).toEqual([]);
});
