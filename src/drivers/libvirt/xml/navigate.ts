import type { XmlElement, XmlNode } from './tree.ts';

/** An element to print. Attributes that are `null` are left out; a string among the children is text. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | null>> = {},
  children: readonly (XmlNode | string)[] = [],
): XmlElement {
  const kept = new Map<string, string>();
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null) kept.set(key, value);
  }
  const nodes = children.map((child): XmlNode => (typeof child === 'string' ? { kind: 'text', text: child } : child));
  return { kind: 'element', name, attributes: kept, children: nodes };
}

/** The child elements, all or those of that name. */
export function children(parent: XmlElement | null, name?: string): XmlElement[] {
  if (parent === null) return [];
  return parent.children.filter(
    (node): node is XmlElement => node.kind === 'element' && (name === undefined || node.name === name),
  );
}

/** The first child element of that name. More names go further down: `child(domain, 'os', 'type')`. */
export function child(parent: XmlElement | null, ...path: readonly string[]): XmlElement | null {
  let at = parent;
  for (const name of path) {
    const found: XmlNode | undefined = at?.children.find((node) => node.kind === 'element' && node.name === name);
    at = found?.kind === 'element' ? found : null;
  }
  return at;
}

/** All text within, CDATA and that of inner elements included; `null` for no element. */
export function text(of: XmlElement | null): string | null {
  if (of === null) return null;
  let all = '';
  for (const node of of.children) {
    if (node.kind === 'text' || node.kind === 'cdata') all += node.text;
    else if (node.kind === 'element') all += text(node);
  }
  return all;
}

/** {@link text} without white space around it; `null` also when nothing is left. */
export function trimmedText(of: XmlElement | null): string | null {
  return text(of)?.trim() || null;
}

export function attr(of: XmlElement | null, name: string): string | null {
  return of?.attributes.get(name) ?? null;
}

/** A whole number that is not negative; `null` for anything else. */
export function integer(written: string | null): number | null {
  if (written === null || !/^\d{1,15}$/.test(written.trim())) return null;
  return Number(written.trim());
}
