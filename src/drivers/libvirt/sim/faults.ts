/** What can be made to go wrong between the daemon and its clients. Takes effect at once; tests turn it on and off. */
export type SimFaults = {
  /** New connections are refused. */
  refuse: boolean;
  /** The daemon neither reads nor writes, as when its process is stopped. */
  stalled: boolean;
  /** Every reply is this much late. */
  latencyMs: number;
  /** Events are lost on their way. */
  dropEvents: boolean;
  /** The next reply ends after so many bytes, and the connection with it. */
  cutNextReplyAfter: number | null;
  /** The next reply is bytes that are no frame. */
  garbleNextReply: boolean;
};

export function noFaults(): SimFaults {
  return {
    refuse: false,
    stalled: false,
    latencyMs: 0,
    dropEvents: false,
    cutNextReplyAfter: null,
    garbleNextReply: false,
  };
}
