export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export interface TestSummary {
  readonly lines: readonly string[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface VitestRun {
  readonly report: VitestReport | null;
  readonly status: number | null;
  /** Of each error outside of any test, the file it came from. */
  readonly outside: readonly (string | null)[];
}

export function summarise(runs: readonly VitestRun[], root: string): TestSummary;

/** `tests`: none where the file failed as a whole. */
export interface UnsteadyFile {
  readonly name: string;
  readonly tests: readonly string[];
}

export function filesToRunAgain(run: VitestRun, withoutSecondChance: readonly string[]): readonly string[];

export function withSecondLook(
  first: VitestRun,
  second: VitestRun,
): { readonly run: VitestRun; readonly unsteady: readonly UnsteadyFile[] };
