import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attr, child, children, element, text } from '../../../../src/drivers/libvirt/xml/navigate.ts';
import { printXml } from '../../../../src/drivers/libvirt/xml/print.ts';
import { parseXml, type XmlElement, type XmlNode, xmlLimits } from '../../../../src/drivers/libvirt/xml/tree.ts';
import { VirtgraphError } from '../../../../src/errors.ts';

const roundTrip = (xml: string) => printXml(parseXml(xml));

function refusal(run: () => unknown): VirtgraphError {
  try {
    run();
  } catch (error) {
    if (error instanceof VirtgraphError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

describe('reading', () => {
  it('keeps elements, order, prefixes, comments, CDATA and instructions', () => {
    const xml =
      '<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand -->\n' +
      '<domain type="kvm" xmlns:qemu="http://q" id="1">\n  <name>a</name><!-- c -->' +
      '<qemu:arg value="-x"/><?keep this?><m><![CDATA[<raw> & ]]></m></domain>\n<!--end-->';
    expect(roundTrip(xml)).toBe(xml);
  });

  it('resolves entities and characters by number', () => {
    const { root } = parseXml('<a b="&lt;&quot;&#x41;">&amp;&#66;</a>');
    expect(attr(root, 'b')).toBe('<"A');
    expect(text(root)).toBe('&B');
  });

  it('takes an attribute that is named like a property of every object', () => {
    const { root } = parseXml('<a __proto__="x" constructor="y"/>');
    expect([...root.attributes]).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(attr(parseXml('<a/>').root, 'toString')).toBeNull();
  });

  it.each([
    ['', /no element|must contain a root/],
    ['not xml', /text data outside/],
    ['<a><b></a>', /line 1, column \d+/],
    ['<a/><b/>', /only one root/],
    ['<a b="1" b="2"/>', /duplicate attribute/],
    ['<a>&nbsp;</a>', /undefined entity/],
    ['<a>\u0001</a>', /disallowed character/],
    ['<?xml version="1.1"?><a>&#1;</a>', /malformed character entity|version/],
  ])('refuses %j with the place', (xml, message) => {
    const error = refusal(() => parseXml(xml));
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^XML, line \d+, column \d+: /);
  });

  it('refuses a DOCTYPE, whatever is in it', () => {
    for (const doctype of [
      '<!DOCTYPE a>',
      '<!DOCTYPE a [<!ENTITY b "c">]>',
      '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
    ]) {
      expect(refusal(() => parseXml(`${doctype}<a/>`)).message).toContain('DOCTYPE');
    }
  });

  it('refuses what is too large, too deep or too many', () => {
    expect(refusal(() => parseXml(`<a>${' '.repeat(xmlLimits.bytes)}</a>`)).message).toContain('bytes');
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);
    expect(() => parseXml(nested(xmlLimits.depth))).not.toThrow();
    expect(refusal(() => parseXml(nested(xmlLimits.depth + 1))).message).toContain('deep');
    expect(refusal(() => parseXml(`<a>${'<b/>'.repeat(xmlLimits.nodes)}</a>`)).message).toContain('more than');
    const attributes = Array.from({ length: xmlLimits.nodes }, (_, index) => `b${index}=""`).join(' ');
    expect(refusal(() => parseXml(`<a ${attributes}/>`)).message).toContain('more than');
  });

  it('counts bytes, not characters', () => {
    const twoBytesEach = 'é'.repeat(xmlLimits.bytes / 2);
    expect(refusal(() => parseXml(`<a>${twoBytesEach}</a>`)).message).toContain('bytes');
  });
});

describe('printing', () => {
  const nameArbitrary = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.:-]{0,8}$/);
  const textArbitrary = fc
    .string({ unit: 'grapheme', minLength: 1 })
    // oxlint-disable-next-line no-control-regex -- what XML cannot hold at all is another test's
    .filter((value) => !/[\0-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(value));
  const plain = textArbitrary.filter((value) => !value.includes('\r'));
  const elementArbitrary = fc.letrec<{ node: XmlNode; element: XmlElement }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      textArbitrary.map((value): XmlNode => ({ kind: 'text', text: value })),
      plain.filter((value) => !value.includes(']]>')).map((value): XmlNode => ({ kind: 'cdata', text: value })),
      plain.filter((value) => !/--|-$/.test(value)).map((value): XmlNode => ({ kind: 'comment', text: value })),
      fc
        .record({ target: nameArbitrary.filter((name) => !/^xml$/i.test(name)), body: plain })
        .filter(({ body }) => !body.includes('?>') && !/^\s/.test(body))
        .map((instruction): XmlNode => ({ kind: 'instruction', ...instruction })),
      tie('element'),
    ),
    element: fc
      .record({
        name: nameArbitrary,
        attributes: fc.uniqueArray(fc.tuple(nameArbitrary, textArbitrary), { selector: ([name]) => name }),
        nodes: fc.array(tie('node'), { maxLength: 5 }),
      })
      .map(({ name, attributes, nodes }) => ({
        kind: 'element' as const,
        name,
        attributes: new Map(attributes),
        // Two neighbouring texts cannot be told from one.
        children: nodes.filter((node, index) => !(node.kind === 'text' && nodes[index - 1]?.kind === 'text')),
      })),
  })).element;

  it('reads back as the same tree', () => {
    fc.assert(
      fc.property(elementArbitrary, (root) => {
        const printed = printXml({ declaration: null, before: [], root, after: [] });
        expect(parseXml(printed).root).toEqual(root);
      }),
    );
  });

  it('never lets a name end its element or its attribute', () => {
    const evil = `a</name><disk type='file'><source file="/etc/shadow"/></disk><name>`;
    const printed = printXml(element('domain', { title: `'" ${evil}` }, [element('name', {}, [evil])]));
    const { root } = parseXml(printed);
    expect(children(root).map((node) => node.name)).toEqual(['name']);
    expect(text(child(root, 'name'))).toBe(evil);
    expect(attr(root, 'title')).toBe(`'" ${evil}`);
  });

  it('cuts a CDATA section that would end itself', () => {
    const root: XmlElement = {
      kind: 'element',
      name: 'a',
      attributes: new Map(),
      children: [{ kind: 'cdata', text: 'x]]><b/>' }],
    };
    const read = parseXml(printXml(root)).root;
    expect(text(read)).toBe('x]]><b/>');
    expect(children(read)).toEqual([]);
  });

  it.each<[string, XmlNode]>([
    ['a control character', { kind: 'text', text: 'a\u0000' }],
    ['half of a character', { kind: 'text', text: '\ud800' }],
    ['a comment with --', { kind: 'comment', text: 'a--b' }],
    ['a comment that ends in -', { kind: 'comment', text: 'a-' }],
    ['an instruction that ends itself', { kind: 'instruction', target: 'a', body: '?><b/>' }],
    ['a declaration in the middle', { kind: 'instruction', target: 'xml', body: 'version="1.0"' }],
    ['an element name with a space', element('a b')],
    ['an empty element name', element('')],
    ['an attribute name with a quote', element('a', { 'b="c" d': '1' })],
  ])('refuses %s', (_, node) => {
    expect(refusal(() => printXml(element('root', {}, [node]))).code).toBe('BAD_USER_INPUT');
  });
});
