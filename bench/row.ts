import type { Lab } from '../test/lab/lab.ts';

/** What a row must find on this machine: `scripts/debian-packages.mjs` has the packages of each, npm's are in `bench/peers/npm`. */
export type Need = 'lab' | 'npm-peers' | 'python' | 'go' | 'cc' | 'exporter';

/** One figure of docs/BENCHMARKS.md: a file of `bench/rows`, and a line of `bench/rows.ts`. */
export type Row = {
  /** As in `npm run bench -- fan-out`, and the name of its file. */
  readonly name: string;
  /** One line for docs/BENCHMARKS.md. */
  readonly title: string;
  readonly needs: readonly Need[];
  /** Throws when a contender fails or tells of something else than the others. */
  readonly run: (bench: BenchContext) => Promise<readonly Comparison[]>;
};

/** One piece of work, done by several side by side. */
export type Comparison = {
  /** What was done, and how much of it. */
  readonly title: string;
  readonly contenders: readonly Measured[];
  /** What is not a time: bytes a domain, the longest stall. The value with its unit. */
  readonly facts?: readonly { readonly name: string; readonly value: string }[];
  readonly goals: readonly Goal[];
  /** Drawn into docs/scaling. */
  readonly plots?: readonly Plot[];
};

export type Measured = {
  readonly name: string;
  /** Time of one operation. NaN where the contender could not be had: the note says why. */
  readonly medianMs: number;
  readonly minMs: number;
  /** CPU of one operation, user and system, of the process that did it; null where it cannot be told apart. */
  readonly cpuMs: number | null;
  readonly rounds: number;
  readonly note?: string;
};

/** One figure over a count, both on logarithmic scales. */
export type Plot = {
  /** Of docs/scaling, without its ending. */
  readonly file: string;
  readonly title: string;
  /** Of what there are more and more. */
  readonly x: string;
  /** The figure's unit. */
  readonly y: string;
  readonly points: readonly (readonly [x: number, y: number])[];
};

/** Reached when `ratio` is at most `target` (`lower`), or at least (`higher`). */
export type Goal = {
  readonly text: string;
  /** Mostly ours to theirs or the other way round; an absolute figure where the text has a unit. */
  readonly ratio: number;
  readonly target: number;
  readonly better: 'lower' | 'higher';
  /** Quartiles of the ratio over the rounds: what `bench:compare` takes for noise. */
  readonly spread?: readonly [low: number, high: number];
};

export type BenchContext = {
  /** How often each contender is to be measured; a slow row may do with fewer. */
  readonly rounds: number;
  log(line: string): void;
  /** One real libvirt host without guests, opened once for all rows. A row that needs more opens a lab of its own. */
  lab(): Promise<Lab>;
  /**
   * What another implementation is found at, installed or built now where it is not yet: `npm/NAME` is the file to import
   * of a package of `bench/peers/npm`; `go/NAME` and `c/NAME` are programs of ours, built from `bench/peers`.
   */
  peer(name: PeerName): Promise<string>;
};

export type PeerName = `npm/${string}` | `go/${string}` | `c/${string}`;
