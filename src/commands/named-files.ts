import type { Config } from '../config/config.ts';
import type { ConfigProblem, ConfigResult } from '../config/parse-config.ts';
import { StartError } from './start-error.ts';
import { readTlsFiles } from './tls-files.ts';
import { readGivenSignIn } from './token.ts';

type Env = Readonly<Record<string, string | undefined>>;
type NamedFiles = Pick<Config, 'file' | 'listen' | 'auth'>;

/** What there is to say of the certificate and the token that the configuration names. */
export type NamedFilesJudgement = {
  /** A start could not use them. */
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
};

/** Keys of hosts are not among them but the doctor's: a start waits for no host. */
export async function judgeNamedFiles(config: NamedFiles, env: Env): Promise<NamedFilesJudgement> {
  const problems: ConfigProblem[] = [];
  const judge = async <T>(path: string, reading: Promise<T>): Promise<T | null> => {
    try {
      return await reading;
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      problems.push({ file: config.file ?? 'environment', line: 1, column: 1, path, message: error.message });
      return null;
    }
  };
  await judge('listen.tls', readTlsFiles(config.listen.tls));
  const signIn = await judge('auth', readGivenSignIn(config.auth, env));
  return { problems, warnings: signIn?.warnings ?? [] };
}

/**
 * A configuration read while the gateway runs, or what is wrong with it: where it names other files than the one of the
 * start, those must be usable too, or the next start would fail. A certificate that is only renewed is judged then.
 */
export async function withUsableFiles(result: ConfigResult, started: NamedFiles, env: Env): Promise<ConfigResult> {
  if (!result.ok) return result;
  const { file, listen, auth } = result.config;
  const isSame = JSON.stringify([listen.tls, auth]) === JSON.stringify([started.listen.tls, started.auth]);
  if (isSame) return result;
  const { problems } = await judgeNamedFiles({ file, listen, auth }, env);
  return problems.length === 0 ? result : { ok: false, problems };
}
