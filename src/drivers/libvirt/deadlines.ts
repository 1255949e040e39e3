import type { Lane } from './rpc/procedure.ts';

/**
 * How long a call may take, by its lane. `work` is above the 30 s for which the daemon itself waits for a guest's
 * job (`VIR_JOB_WAIT_TIME`), so that its own error, which names who holds the guest, comes before ours.
 */
export const deadlineMs: Readonly<Record<Lane, number>> = { control: 5_000, work: 35_000, stats: 10_000 };

/** Opening a driver may log in somewhere (ESX), or read a large file (test). */
export const openDeadlineMs = 35_000;

/** The daemon asks DNS for its own name, for ten seconds where that is broken. Nobody shall wait for it. */
export const hostnameDeadlineMs = 2_000;

/** The state of all domains at once: 16 µs a domain; past this, each is asked about by itself. */
export const allStatesDeadlineMs = 3_000;

/** For telling the daemon that we go. */
export const farewellDeadlineMs = 1_000;
