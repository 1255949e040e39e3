export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
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
}

export function summarise(runs: readonly VitestRun[], root: string): TestSummary;
