import { VirtgraphError } from '../../../errors.ts';
import type { XmlDocument, XmlElement, XmlNode } from './tree.ts';

/**
 * The tree as XML. This is the only way in which XML is made: what is put into a tree can end neither an element
 * nor an attribute, whoever chose it. `parseXml` of the result is the same tree.
 * @throws VirtgraphError BAD_USER_INPUT for what XML cannot say: a control character, a name that is none,
 * a comment with `--` in it.
 */
export function printXml(document: XmlDocument | XmlElement): string {
  if ('kind' in document) return printNode(document);
  let out = '';
  if (document.declaration) {
    const { encoding, standalone } = document.declaration;
    out += '<?xml version="1.0"';
    if (encoding !== null) out += ` encoding="${checked(encoding, encodingPattern, 'an encoding')}"`;
    if (standalone !== null) out += ` standalone="${checked(standalone, /^(yes|no)$/, 'yes or no')}"`;
    out += '?>\n';
  }
  for (const node of document.before) out += `${printNode(node)}\n`;
  out += printNode(document.root);
  for (const node of document.after) out += `\n${printNode(node)}`;
  return out;
}

function printNode(node: XmlNode): string {
  switch (node.kind) {
    case 'element':
      return printElement(node);
    case 'text':
      return escapeText(node.text);
    case 'cdata':
      return printCdata(node.text);
    case 'comment':
      if (/--|-$/.test(node.text)) throw unprintable(node.text, 'a comment without "--"');
      return `<!--${withoutReturns(checkCharacters(node.text))}-->`;
    case 'instruction':
      return printInstruction(node.target, node.body);
    default:
      return node satisfies never;
  }
}

function printElement(node: XmlElement): string {
  const name = checked(node.name, namePattern, 'a name');
  let out = `<${name}`;
  for (const [key, value] of node.attributes) {
    out += ` ${checked(key, namePattern, 'a name')}="${escapeAttribute(value)}"`;
  }
  if (node.children.length === 0) return `${out}/>`;
  out += '>';
  for (const child of node.children) out += printNode(child);
  return `${out}</${name}>`;
}

function printInstruction(target: string, body: string): string {
  checked(target, namePattern, 'a name');
  // White space before the body separates it from the target and is not part of it.
  if (/^xml$/i.test(target) || body.includes('?>') || /^\s/.test(body)) {
    throw unprintable(`${target} ${body}`, 'an instruction');
  }
  return body === '' ? `<?${target}?>` : `<?${target} ${withoutReturns(checkCharacters(body))}?>`;
}

/** `]]>` would end the section: it is cut into two, which read back as two neighbours. */
function printCdata(text: string): string {
  return `<![CDATA[${withoutReturns(checkCharacters(text)).replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

const textEscapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };
/** Written plainly, tab and line feed would be read back as spaces, a carriage return as a line feed. */
const attributeEscapes: Readonly<Record<string, string>> = {
  ...textEscapes,
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
};

function escapeText(text: string): string {
  return checkCharacters(text).replace(/[&<>\r]/g, (character) => textEscapes[character] ?? character);
}

function escapeAttribute(value: string): string {
  return checkCharacters(value).replace(/[&<>\r"\t\n]/g, (character) => attributeEscapes[character] ?? character);
}

/** Where nothing can be escaped, a carriage return would come back as a line feed. */
function withoutReturns(text: string): string {
  if (text.includes('\r')) throw unprintable(text, 'text without carriage returns');
  return text;
}

/** XML 1.0, production 4, less the rare planes: libvirt's names are far narrower. */
const namePattern =
  /^[A-Za-z_:\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff][-.\w:\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u037d\u037f-\u1fff]*$/;
const encodingPattern = /^[A-Za-z][\w.-]*$/;
/** XML 1.0, production 2: what is not here cannot be written in any form, not even escaped. */
const forbiddenCharacters = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

function checkCharacters(text: string): string {
  if (forbiddenCharacters.test(text)) throw unprintable(text, 'text without control characters');
  return text;
}

function checked(text: string, pattern: RegExp, expected: string): string {
  if (!pattern.test(text)) throw unprintable(text, expected);
  return text;
}

function unprintable(seen: string, expected: string): VirtgraphError {
  const shown = JSON.stringify(seen.length > 80 ? `${seen.slice(0, 80)}…` : seen);
  return new VirtgraphError('BAD_USER_INPUT', `XML cannot hold ${shown}: expected ${expected}.`);
}
