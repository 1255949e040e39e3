import { dirname } from 'node:path';
import { type Config, createConfig } from './config.ts';
import { readHostTarget } from './host-target.ts';
import { keysAt } from './json-schema.ts';
import { asList, asRecord } from './plain.ts';
import { configRules } from './rules.ts';
import { parseShape } from './schema.ts';
import { describeIssues, type ShapeProblem } from './shape-problems.ts';
import { didYouMean } from './suggest.ts';
import { type Path, parseYaml } from './yaml-source.ts';

/** One mistake, where it stands. Lines and columns count from 1. */
export type ConfigProblem = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Such as `hosts[2].uri`; empty for the whole file. */
  readonly path: string;
  /** What was expected, what was seen, what to try. Never holds a secret. */
  readonly message: string;
};

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** From the command line; they win over the file, and are held to its rules. */
export type ConfigOverrides = { readonly host?: string; readonly port?: number };

export type ParseOptions = {
  /** What `~/` means. */
  readonly homeDir: string;
  readonly overrides?: ConfigOverrides;
};

/** What an operator would write a secret under, were it allowed. */
const secretKeys = ['token', 'password', 'passphrase', 'secret'];

/** Judges a whole configuration and gives it its meaning, or tells every mistake in it, in the order of the file. */
export function parseConfig(text: string, file: string, options: ParseOptions): ConfigResult {
  const source = parseYaml(text);
  if (!source.ok) return { ok: false, problems: source.problems.map((problem) => ({ file, path: '', ...problem })) };
  const found = asRecord(source.value);
  if (found === null) {
    const message = `Expected a mapping with keys such as hosts and listen, saw ${source.value === null || source.value === undefined ? 'an empty file' : 'something else'}.`;
    return { ok: false, problems: [{ file, line: 1, column: 1, path: '', message }] };
  }

  const problems: ConfigProblem[] = [];
  const report = (path: Path, message: string, position = source.locate(path)) => {
    problems.push({ file, ...position, path: formatPath(path), message });
  };
  const value = withOverrides(found, options.overrides);
  const shape = parseShape(value);
  for (const problem of shape.ok ? [] : describeIssues(shape.issues)) {
    if (problem.unknownKey) report(problem.path, unknownKey(problem), source.locateKey(problem.path));
    else report(problem.path, problem.message);
  }
  const places = { baseDir: dirname(file), homeDir: options.homeDir };
  const hosts = asList(value['hosts']).map((entry, index) =>
    readHostTarget(entry, places, (path, sentence) => report(['hosts', index, ...path], sentence)),
  );
  for (const rule of configRules) rule(value, report);

  if (!shape.ok || problems.length > 0) {
    return { ok: false, problems: problems.sort((a, b) => a.line - b.line || a.column - b.column) };
  }
  const right = hosts.filter((host) => host !== null);
  return { ok: true, config: createConfig(file, shape.value, right, places) };
}

/** What holds without a file. */
export function defaultConfig(options: ParseOptions): ConfigResult {
  const result = parseConfig('{}', 'virtgraph.yaml', options);
  if (!result.ok) return result;
  // The embedded fleet is another at each start: there is nothing to go on from.
  const ownDefaults = { file: null, journal: { persist: 'none' }, warnings: result.config.warnings.slice(1) } as const;
  return { ok: true, config: { ...result.config, ...ownDefaults } };
}

/** One line each, as compilers write them: `file:line:column: path: message`. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  return problems
    .map(
      ({ file, line, column, path, message }) =>
        `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`,
    )
    .join('\n');
}

function withOverrides(
  value: Readonly<Record<string, unknown>>,
  overrides: ConfigOverrides | undefined,
): Readonly<Record<string, unknown>> {
  const given = Object.entries(overrides ?? {}).filter(([, override]) => override !== undefined);
  if (given.length === 0) return value;
  return { ...value, listen: { ...asRecord(value['listen']), ...Object.fromEntries(given) } };
}

function unknownKey({ path }: ShapeProblem): string {
  const key = String(path.at(-1));
  const known = keysAt(path.slice(0, -1));
  const guess = didYouMean(key, known);
  if (guess === '' && secretKeys.includes(key.toLowerCase())) {
    return 'Unknown key; secrets are never written here, but into a file or the environment.';
  }
  return `Unknown key.${guess === '' ? ` Expected one of ${known.join(', ')}.` : guess}`;
}

function formatPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}
