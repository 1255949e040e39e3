import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml';

/** The only file that knows yaml: text to plain values, and back from a path to the place where it stands. */

/** Far more than any fleet needs, and little enough to parse at once. */
export const maxConfigBytes = 4_194_304;
/** An alias is expanded where it is used; nested ones multiply ("billion laughs"). The parser counts what they yield. */
const maxAliasCount = 10_000;
/** After the first few, what a parser says of broken syntax is noise. */
const maxSyntaxProblems = 20;

/** From 1. */
export type Position = { readonly line: number; readonly column: number };
export type Path = readonly (string | number)[];

export type YamlSource =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** Where the value at `path` stands, or the nearest thing around it that exists. */
      readonly locate: (path: Path) => Position;
      /** Where the last key of `path` stands. */
      readonly locateKey: (path: Path) => Position;
    }
  | { readonly ok: false; readonly problems: readonly (Position & { readonly message: string })[] };

/** Parses one YAML document. Duplicate keys, unknown tags, several documents and alias bombs are problems. */
export function parseYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, stringKeys: true });
    const problems = [...document.errors, ...document.warnings].slice(0, maxSyntaxProblems);
    if (problems.length > 0) {
      return {
        ok: false,
        problems: problems.map((error) => ({ ...positionOf(error.pos[0]), message: wordsOf(error) })),
      };
    }
    const value: unknown = document.toJS({ maxAliasCount });
    return {
      ok: true,
      value,
      locate: (path) => positionOf(findOffset(document, path, false)),
      locateKey: (path) => positionOf(findOffset(document, path, true)),
    };
  } catch (error) {
    return { ok: false, problems: [{ line: 1, column: 1, message: whyNotExpanded(error) }] };
  }
}

const tooDeep = 'This is nested too deeply.';

/** For where the parser's own words would repeat the text, which may be a secret that was not quoted. */
const ownWords: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'An alias needs an anchor of that name before it. Quote a text that begins with "*".',
  TAG_RESOLVE_FAILED: 'This tag is not known. Quote a text that begins with "!".',
  RESOURCE_EXHAUSTION: tooDeep,
  MULTIPLE_DOCS: 'A second YAML document begins here, and one is all there may be: take the line "---" out.',
};

function wordsOf({ code, message }: YAMLError): string {
  return ownWords[code] ?? (message.endsWith('.') ? message : `${message}.`);
}

/** The parser refuses aliases that grow too much with a ReferenceError; the engine, what is deeper than its stack with a RangeError. */
function whyNotExpanded(error: unknown): string {
  if (error instanceof ReferenceError)
    return 'The aliases in this file multiply to far more than a configuration needs.';
  if (error instanceof RangeError) return tooDeep;
  return `This YAML cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
}

function findOffset(document: Document, path: Path, wantKey: boolean): number {
  let node = resolve(document.contents, document);
  let offset = node?.range?.[0] ?? 0;
  for (const [index, part] of path.entries()) {
    const isLast = index === path.length - 1;
    const step = stepInto(node, part);
    if (step === null) return offset;
    // The key says more than a value that is empty or stands elsewhere.
    const keyOffset = step.key?.range?.[0] ?? offset;
    offset = isLast && wantKey ? keyOffset : (step.value?.range?.[0] ?? keyOffset);
    node = resolve(step.value, document);
  }
  return offset;
}

type Step = { readonly key: Node | null; readonly value: Node | null };

function stepInto(node: Node | null, part: string | number): Step | null {
  if (isSeq<Node>(node) && typeof part === 'number') {
    const value = node.items[part];
    return value === undefined ? null : { key: null, value };
  }
  if (!isMap<Node, Node>(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
  return pair === undefined ? null : { key: pair.key, value: pair.value };
}

function resolve(node: unknown, document: Document): Node | null {
  if (isAlias(node)) return node.resolve(document) ?? null;
  return isMap(node) || isSeq(node) || isScalar(node) ? node : null;
}
