import { element } from '../xml/navigate.ts';
import { printXml } from '../xml/print.ts';
import type { XmlElement, XmlNode } from '../xml/tree.ts';

const printed = new WeakMap<XmlElement, string>();

/** The element as a daemon shows it: two spaces a level, one element a line. Each tree is printed once. */
export function prettyXml(root: XmlElement): string {
  let text = printed.get(root);
  if (text === undefined) {
    text = `${printXml(indented(root, '\n'))}\n`;
    printed.set(root, text);
  }
  return text;
}

function indented(of: XmlElement, lineBreak: string): XmlElement {
  if (!of.children.some((node) => node.kind === 'element')) return of;
  const inner = `${lineBreak}  `;
  const children: XmlNode[] = [];
  for (const node of of.children) {
    if (node.kind === 'text' && node.text.trim() === '') continue;
    children.push({ kind: 'text', text: inner }, node.kind === 'element' ? indented(node, inner) : node);
  }
  children.push({ kind: 'text', text: lineBreak });
  return { ...of, children };
}

/** The same element with other attributes; `null` takes one away. */
export function withAttributes(of: XmlElement, changes: Readonly<Record<string, string | null>>): XmlElement {
  const attributes = new Map(of.attributes);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) attributes.delete(name);
    else attributes.set(name, value);
  }
  return { ...of, attributes };
}

/** The same element with that child in place of the first of its name, or added. */
export function withChild(of: XmlElement, child: XmlElement): XmlElement {
  const at = of.children.findIndex((node) => node.kind === 'element' && node.name === child.name);
  if (at < 0) return { ...of, children: [...of.children, child] };
  return { ...of, children: of.children.toSpliced(at, 1, child) };
}

/** `<name>text</name>`. */
export function textElement(name: string, text: string): XmlElement {
  return element(name, {}, [text]);
}
