import { hash } from 'node:crypto';
import { attr } from './navigate.ts';
import { parseXml, type XmlElement } from './tree.ts';

/**
 * A short text that changes whenever the configuration does: a hash of the XML in a canonical form, in which
 * the order of attributes, comments and the white space between elements say nothing.
 *
 * Of a running domain's XML, what moves by itself is left out as well: the domain's id, the balloon's present
 * size, the progress of a block copy, an opened tray.
 * @throws VirtgraphError BAD_USER_INPUT: not XML.
 */
export function configVersion(xml: string): string {
  return versionOf(parseXml(xml).root);
}

/** {@link configVersion} of a tree that is already there. */
export function versionOf(domain: XmlElement): string {
  return hash('sha256', canonical(domain, null), 'base64url').slice(0, 22);
}

function canonical(element: XmlElement, parent: XmlElement | null): string {
  let out = `<${JSON.stringify(element.name)}`;
  for (const [name, value] of [...element.attributes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isVolatileAttribute(element, parent, name)) out += ` ${name}=${JSON.stringify(value)}`;
  }
  out += '>';
  const holdsElements = element.children.some((node) => node.kind === 'element');
  let content = '';
  for (const node of element.children) {
    if (node.kind === 'element') {
      if (isVolatileElement(node, element)) continue;
      content += canonical(node, element);
    } else if (node.kind === 'text' || node.kind === 'cdata') {
      if (!holdsElements || node.text.trim() !== '') content += JSON.stringify(node.text);
    }
  }
  return `${out}${content}</>`;
}

function isVolatileAttribute(element: XmlElement, parent: XmlElement | null, name: string): boolean {
  if (parent === null) return name === 'id';
  return element.name === 'target' && parent.name === 'disk' && name === 'tray';
}

/** Only a running domain's root has an id; what is inactive says `currentMemory` as a wish, not as a reading. */
function isVolatileElement(node: XmlElement, parent: XmlElement): boolean {
  if (node.name === 'currentMemory') return attr(parent, 'id') !== null;
  return node.name === 'mirror' && parent.name === 'disk';
}
