import type { ConfigProblem } from './parse-config.ts';

/** How the configuration that is in force stands to its file. */
export type ConfigStatus = {
  /** `null`: there is none. */
  readonly file: string | null;
  /** When what is in force was read; milliseconds since 1970. */
  readonly loadedAt: number;
  /** Why the file as it is now is not in force. */
  readonly problems: readonly ConfigProblem[];
  /** Keys that say something else in the file than what is in force until a restart. */
  readonly needsRestart: readonly string[];
};
