/** What the processes of the row `stalls` are told, and what they say. */
export type StallsRequest = 'dial' | 'take';

/** Since the last time. */
export type Stalls = {
  /** The longest that a timer of a millisecond was late. */
  readonly wallMs: number;
  /** The most CPU between two ticks of such a timer. */
  readonly cpuMs: number;
  readonly isReady: boolean;
  /** Ever written to the journal. */
  readonly changes: number;
  readonly journalEntries: number;
  readonly journalBytes: number;
};
