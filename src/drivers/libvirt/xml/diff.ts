import type { XmlDifference } from '../../driver.ts';
import { attr, child, children, text } from './navigate.ts';
import { printXml } from './print.ts';
import { parseXml, type XmlElement, type XmlNode } from './tree.ts';

/**
 * Where two texts of a domain differ, in the order of the second. Elements of one name are paired by what they are (a
 * network card by its address, a disk by its target) before by their place, so that one taken out of the middle is one
 * difference. The order of attributes, comments and white space between elements say nothing.
 * @throws VirtgraphError BAD_USER_INPUT: not XML.
 */
export function diffXml(before: string, after: string): readonly XmlDifference[] {
  return diffElements('', hidden(parseXml(before).root), hidden(parseXml(after).root));
}

function diffElements(path: string, before: XmlElement, after: XmlElement): XmlDifference[] {
  const names = [...new Set([...children(after), ...children(before)].map(({ name }) => name))];
  return [
    ...diffAttributes(path, before, after),
    ...diffTexts(path, before, after),
    ...names.flatMap((name) => diffSiblings(path, name, children(before, name), children(after, name))),
  ];
}

function diffAttributes(path: string, before: XmlElement, after: XmlElement): XmlDifference[] {
  const names = [...new Set([...after.attributes.keys(), ...before.attributes.keys()])];
  return names.flatMap((name) => difference(join(path, `@${name}`), attr(before, name), attr(after, name)));
}

function diffTexts(path: string, before: XmlElement, after: XmlElement): XmlDifference[] {
  // Between elements libvirt writes no text, and what people write there is white space.
  if (children(before).length > 0 || children(after).length > 0) return [];
  return difference(path === '' ? '.' : path, text(before)?.trim() || null, text(after)?.trim() || null);
}

function difference(path: string, before: string | null, after: string | null): XmlDifference[] {
  return before === after ? [] : [{ path, before, after }];
}

function diffSiblings(
  path: string,
  name: string,
  before: readonly XmlElement[],
  after: readonly XmlElement[],
): XmlDifference[] {
  const pairs = pair(before, after);
  const isNumbered = before.length > 1 || after.length > 1;
  const step = (index: number) => join(path, isNumbered ? `${name}[${index + 1}]` : name);
  const paired = after.flatMap((element, index) => {
    const partner = pairs.get(element);
    return partner
      ? diffElements(step(index), partner, element)
      : [{ path: step(index), before: null, after: printXml(element) }];
  });
  const kept = new Set(pairs.values());
  const gone = before.flatMap((element, index) =>
    kept.has(element) ? [] : [{ path: step(index), before: printXml(element), after: null }],
  );
  return [...paired, ...gone];
}

/** Partners of those after, among those before. */
function pair(before: readonly XmlElement[], after: readonly XmlElement[]): Map<XmlElement, XmlElement> {
  const pairs = new Map<XmlElement, XmlElement>();
  const free = new Set(before);
  function match(keyOf: (element: XmlElement) => string | null) {
    const byKey = new Map<string, XmlElement[]>();
    for (const element of free) {
      const key = keyOf(element);
      if (key !== null) byKey.set(key, [...(byKey.get(key) ?? []), element]);
    }
    for (const element of after) {
      const key = pairs.has(element) ? null : keyOf(element);
      const partner = key === null ? undefined : byKey.get(key)?.shift();
      if (partner === undefined) continue;
      pairs.set(element, partner);
      free.delete(partner);
    }
  }
  match(canonical);
  match(identity);
  // What has an identity of its own and found no partner by it is another thing.
  match((element) => (identity(element) === null ? '' : null));
  return pairs;
}

/** By what people tell one of these from another; `null` where only its place does. */
function identity(element: XmlElement): string | null {
  switch (element.name) {
    case 'interface':
      return attr(child(element, 'mac'), 'address')?.toLowerCase() ?? null;
    case 'disk':
    case 'filesystem':
      return attr(child(element, 'target'), 'dev') ?? attr(child(element, 'target'), 'dir');
    case 'controller':
      return `${attr(element, 'type')} ${attr(element, 'index')}`;
    case 'feature':
    case 'timer':
      return attr(element, 'name');
    default:
      return null;
  }
}

function canonical(element: XmlElement): string {
  const attributes = [...element.attributes].sort(([a], [b]) => (a < b ? -1 : 1));
  const inner = children(element);
  const content = inner.length > 0 ? inner.map(canonical) : (text(element)?.trim() ?? '');
  return JSON.stringify([element.name, attributes, content]);
}

/** Attributes that libvirt itself shows to none but who asks for secrets. */
const secretAttributes = ['passwd', 'password'];

function hidden(element: XmlElement): XmlElement {
  const attributes = new Map(
    [...element.attributes].map(([name, value]) => [name, secretAttributes.includes(name) ? '[hidden]' : value]),
  );
  const inside = element.children.map((node): XmlNode => (node.kind === 'element' ? hidden(node) : node));
  return { ...element, attributes, children: inside };
}

function join(path: string, step: string): string {
  return path === '' ? step : `${path}/${step}`;
}
