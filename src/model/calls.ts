/** How a call to a host ended for whoever waited for it. */
export const callOutcomes = ['ok', 'error', 'timeout', 'lost'] as const;
export type CallOutcome = (typeof callOutcomes)[number];

export type EndedCall = {
  readonly host: string;
  /** control, work, stats. */
  readonly lane: string;
  readonly outcome: CallOutcome;
  /** From asking to the answer, the wait for a place included. */
  readonly seconds: number;
};

/** Carries every call that ended from the drivers to whoever counts them, who comes later than they do. */
export type CallFeed = {
  tell(call: EndedCall): void;
  /** From now on; one listener. */
  listen(listener: (call: EndedCall) => void): void;
};

export function createCallFeed(): CallFeed {
  let told: ((call: EndedCall) => void) | null = null;
  return {
    tell: (call) => told?.(call),
    listen(listener) {
      told = listener;
    },
  };
}
