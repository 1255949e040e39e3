import { loadConfig } from '../config/load-config.ts';
import type { ConfigProblem } from '../config/parse-config.ts';
import { judgeNamedFiles } from './named-files.ts';

/** Judges the configuration as a start would, tells all that is wrong with it, and starts nothing. Yields the exit code. */
export async function checkConfig(path: string | null): Promise<number> {
  const result = await loadConfig({ path, env: process.env, workingDir: process.cwd() });
  if (!result.ok) {
    process.stderr.write(describeProblems(result.problems));
    return 1;
  }
  const { config } = result;
  const { problems, warnings } = await judgeNamedFiles(config, process.env);
  if (problems.length > 0) {
    process.stderr.write(describeProblems(problems));
    return 1;
  }
  const { host, port, tls } = config.listen;
  const width = Math.max(0, ...config.hosts.map((target) => target.name.length));
  const lines = [
    config.file === null
      ? 'There is no configuration: the embedded fleet would be served.'
      : `${config.file} is right.`,
    `It listens on ${host}, port ${port}${tls ? ', with TLS' : ''}; ${config.auth.mode === 'none' ? 'no token is asked for' : 'a token is asked for'}.`,
    ...config.hosts.map(
      (target) => `  ${target.name.padEnd(width)}  ${target.uri}${target.readOnly ? '  (read-only)' : ''}`,
    ),
    ...[...config.warnings, ...warnings].map((warning) => `warning: ${warning}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

/** One line each, as compilers write them, so that editors can jump there. */
export function describeProblems(problems: readonly ConfigProblem[]): string {
  const lines = problems.map(
    ({ file, line, column, path, message }) => `${file}:${line}:${column}: ${path ? `${path}: ` : ''}${message}\n`,
  );
  return lines.join('');
}
