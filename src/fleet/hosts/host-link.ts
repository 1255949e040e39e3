/** Read at the moment of asking, unlike a `HostView`, since it changes with every call. */
export type HostLinkView = {
  readonly connectedAt: number;
  readonly roundTripMs: number | null;
  readonly lanes: readonly {
    readonly name: string;
    readonly callsInFlight: number;
    readonly callsAbandoned: number;
    readonly callsQueued: number;
    readonly wedged: boolean;
  }[];
  readonly lastEventAt: number | null;
  readonly lastReconcileAt: number | null;
  /** Could not be read when that was last tried; what was never read is not in the replica. */
  readonly unreadDomains: number;
};
