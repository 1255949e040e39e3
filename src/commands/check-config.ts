import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load-config.ts';
import type { ConfigProblem } from '../config/parse-config.ts';
import { StartError } from './start-error.ts';
import { readTlsFiles } from './tls-files.ts';
import { readGivenSignIn } from './token.ts';

/** Judges the configuration as a start would, tells all that is wrong with it, and starts nothing. Yields the exit code. */
export async function checkConfig(path: string | null): Promise<number> {
  const result = await loadConfig({ path, env: process.env, workingDir: process.cwd() });
  if (!result.ok) {
    process.stderr.write(describeProblems(result.problems));
    return 1;
  }
  const { config } = result;
  const unusable = await unusableFiles(config);
  if (unusable.length > 0) {
    process.stderr.write(describeProblems(unusable));
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
    ...config.warnings.map((warning) => `warning: ${warning}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return 0;
}

/** The certificate and the token that a start could not use. Keys of hosts are the doctor's: a start waits for no host. */
async function unusableFiles(config: Config): Promise<readonly ConfigProblem[]> {
  const file = config.file ?? 'environment';
  const problems: ConfigProblem[] = [];
  const judge = async (path: string, reading: Promise<unknown>) => {
    try {
      await reading;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      problems.push({ file, line: 1, column: 1, path, message: error.message });
    }
  };
  await judge('listen.tls', readTlsFiles(config.listen.tls));
  await judge('auth', readGivenSignIn(config.auth, process.env));
  return problems;
}

/** One line each, as compilers write them, so that editors can jump there. */
export function describeProblems(problems: readonly ConfigProblem[]): string {
  const lines = problems.map(
    ({ file, line, column, path, message }) => `${file}:${line}:${column}: ${path ? `${path}: ` : ''}${message}\n`,
  );
  return lines.join('');
}
