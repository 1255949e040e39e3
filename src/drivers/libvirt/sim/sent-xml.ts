import { VirtgraphError } from '../../../errors.ts';
import { children } from '../xml/navigate.ts';
import { parseXml, type XmlElement } from '../xml/tree.ts';
import { failure } from './failure.ts';

/** @throws Failure XML_DETAIL where it is not XML. `what` is how the daemon calls it in the message. */
export function parseSent(xml: string, what: string): XmlElement {
  try {
    return parseXml(xml).root;
  } catch (error) {
    if (!(error instanceof VirtgraphError)) throw error;
    throw failure('XML_DETAIL', 'DOMAIN', `(${what}): ${error.message}`);
  }
}

export function refuseUnknown(parent: XmlElement, known: readonly string[]): void {
  const strange = children(parent).find((part) => !known.includes(part.name));
  if (strange) throw failure('XML_INVALID_SCHEMA', 'XML', `Extra element ${strange.name} in ${parent.name}`);
}
