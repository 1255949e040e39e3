import { SaxesParser } from 'saxes';
import { VirtgraphError } from '../../../errors.ts';

/**
 * XML as a lossless tree: whatever libvirt wrote and we do not understand survives being read and printed.
 * Names keep their prefix as written (`qemu:commandline`); entities are resolved; neighbouring text is one node.
 * Not kept, because XML says that they mean nothing: the kind of quotes, `<a/>` against `<a></a>`, white space
 * within tags and outside the root.
 */
export type XmlElement = {
  readonly kind: 'element';
  readonly name: string;
  /** In the order of the document. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
};
export type XmlText = { readonly kind: 'text'; readonly text: string };
export type XmlCdata = { readonly kind: 'cdata'; readonly text: string };
export type XmlComment = { readonly kind: 'comment'; readonly text: string };
export type XmlInstruction = { readonly kind: 'instruction'; readonly target: string; readonly body: string };
export type XmlNode = XmlElement | XmlText | XmlCdata | XmlComment | XmlInstruction;

export type XmlDeclaration = { readonly encoding: string | null; readonly standalone: string | null };

export type XmlDocument = {
  readonly declaration: XmlDeclaration | null;
  /** Comments and instructions before and after the root element. */
  readonly before: readonly (XmlComment | XmlInstruction)[];
  readonly root: XmlElement;
  readonly after: readonly (XmlComment | XmlInstruction)[];
};

/** 4 MiB is libvirt's own limit on a string of its protocol; the others stop what is built to exhaust us. */
export const xmlLimits = { bytes: 4 * 1024 * 1024, depth: 128, nodes: 100_000 } as const;

/**
 * Reads one XML document. Attributes count as nodes.
 * @throws VirtgraphError BAD_USER_INPUT with line and column: not well-formed, a DOCTYPE, or beyond {@link xmlLimits}.
 */
export function parseXml(text: string): XmlDocument {
  const bytes = Buffer.byteLength(text);
  if (bytes > xmlLimits.bytes) {
    throw new VirtgraphError('BAD_USER_INPUT', `XML of ${bytes} bytes; at most ${xmlLimits.bytes} are read.`);
  }

  // XML 1.1 would allow control characters that libvirt's own parser refuses.
  const parser = new SaxesParser({ defaultXMLVersion: '1.0', forceXMLVersion: true });
  const before: (XmlComment | XmlInstruction)[] = [];
  const after: (XmlComment | XmlInstruction)[] = [];
  const open: { children: XmlNode[] }[] = [];
  let declaration: XmlDeclaration | null = null;
  let root: XmlElement | null = null;
  let nodes = 0;

  function refuse(reason: string): never {
    throw new VirtgraphError('BAD_USER_INPUT', `XML, line ${parser.line}, column ${parser.column}: ${reason}`);
  }

  function count(added: number) {
    nodes += added;
    if (nodes > xmlLimits.nodes) refuse(`more than ${xmlLimits.nodes} elements, attributes and texts.`);
  }

  function append(node: XmlNode) {
    count(1);
    const parent = open.at(-1);
    if (parent) parent.children.push(node);
    else if (node.kind === 'comment' || node.kind === 'instruction') (root === null ? before : after).push(node);
  }

  parser.on('error', (error) => refuse(sentence(error.message)));
  parser.on('doctype', () => refuse('a DOCTYPE is not accepted: libvirt writes none, and it can only do harm.'));
  parser.on('xmldecl', ({ encoding, standalone }) => {
    declaration = { encoding: encoding ?? null, standalone: standalone ?? null };
  });
  parser.on('opentag', (tag) => {
    if (open.length >= xmlLimits.depth) refuse(`elements nested more than ${xmlLimits.depth} deep.`);
    const attributes = new Map(Object.entries(tag.attributes));
    count(attributes.size);
    const children: XmlNode[] = [];
    const element: XmlElement = { kind: 'element', name: tag.name, attributes, children };
    append(element);
    root ??= element;
    open.push({ children });
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.on('text', (content) => {
    const siblings = open.at(-1)?.children;
    if (!siblings) return; // white space outside the root; anything else there is an error of its own
    const last = siblings.at(-1);
    if (last?.kind === 'text') siblings[siblings.length - 1] = { kind: 'text', text: last.text + content };
    else append({ kind: 'text', text: content });
  });
  parser.on('cdata', (content) => append({ kind: 'cdata', text: content }));
  parser.on('comment', (content) => append({ kind: 'comment', text: content }));
  parser.on('processinginstruction', ({ target, body }) => append({ kind: 'instruction', target, body }));

  parser.write(text).close();
  if (root === null) refuse('there is no element.');
  return { declaration, before, root, after };
}

/** saxes says `3:14: unclosed tag: a`; the position is ours to say. */
function sentence(message: string): string {
  const bare = message.replace(/^\d+:\d+: /, '');
  return bare.endsWith('.') ? bare : `${bare}.`;
}
