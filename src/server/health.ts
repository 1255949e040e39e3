/** What orchestrators ask. Says nothing of any host: a fleet of dead hosts is no reason to restart the gateway. */
export type Health = {
  /** For `/readyz`: `null` while requests are welcome, else why not. */
  notReady(): string | null;
  started(): void;
  stopping(): void;
};

export function createHealth(): Health {
  let phase: 'starting' | 'ready' | 'stopping' = 'starting';
  return {
    notReady: () => (phase === 'ready' ? null : `The gateway is ${phase}.`),
    started() {
      if (phase === 'starting') phase = 'ready';
    },
    stopping() {
      phase = 'stopping';
    },
  };
}
