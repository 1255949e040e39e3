import type { SchemaIssue } from './schema.ts';

/** A mistake of shape, at the place where it stands. */
export type ShapeProblem = {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** For a key that does not exist: the last of `path` is that key. */
  readonly unknownKey: boolean;
};

/** What the schema found, said as "expected …, saw …". */
export function describeIssues(issues: readonly SchemaIssue[]): readonly ShapeProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, []));
}

function problemsOf(issue: SchemaIssue, parent: readonly (string | number)[]): readonly ShapeProblem[] {
  // A symbol cannot come out of YAML.
  const path = [...parent, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'unknown key', unknownKey: true }));
  }
  if (issue.code === 'invalid_union') {
    // Where the value has the right type for one of the choices, its mistake lies within that one.
    const near = issue.errors.filter((branch) => !branch.some(isOfAnotherType));
    if (near.length === 1) return (near[0] ?? []).flatMap((one) => problemsOf(one, path));
  }
  return [{ path, message: messageOf(issue), unknownKey: false }];
}

function isOfAnotherType(issue: SchemaIssue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_type') return true;
  return issue.code === 'invalid_union' && issue.errors.every((branch) => branch.some(isOfAnotherType));
}

function messageOf(issue: SchemaIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'required, but not given';
      // zod's own messages begin so; the others are the schema's.
      if (!issue.message.startsWith('Invalid input')) return issue.message;
      return `expected ${typeNames[issue.expected] ?? issue.expected}, saw ${isContainer(issue.expected) ? typeOf(issue.input) : describe(issue.input)}`;
    case 'invalid_value':
      return `expected one of ${issue.values.join(', ')}, saw ${describe(issue.input)}`;
    case 'too_small':
      if (issue.origin === 'string') return 'expected some text, saw none';
      if (issue.origin === 'array') return 'expected at least one';
      return `expected ${issue.minimum} or more, saw ${describe(issue.input)}`;
    case 'too_big':
      if (issue.origin === 'string') return `expected at most ${issue.maximum} characters`;
      if (issue.origin === 'array') return `expected at most ${issue.maximum}`;
      return `expected ${issue.maximum} or less, saw ${describe(issue.input)}`;
    case 'invalid_format':
      // In the place of a variable's name, a secret itself may have been written.
      return issue.path.at(-1) === 'env' ? issue.message : `${issue.message}, saw ${describe(issue.input)}`;
    case 'invalid_key':
      return issue.issues[0] === undefined ? issue.message : `as a key: ${messageOf(issue.issues[0])}`;
    case 'invalid_union':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'custom':
      return issue.message;
    default:
      return issue satisfies never;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

/** Where a mapping belongs, a text may be a secret written a level too high: only its type is told. */
function isContainer(expected: string): boolean {
  return expected === 'object' || expected === 'record' || expected === 'array';
}

function typeOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : (typeNames[typeof value] ?? typeof value);
}

/** Enough of a value to be recognised. */
function describe(value: unknown): string {
  if (typeof value === 'object') return typeOf(value);
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
