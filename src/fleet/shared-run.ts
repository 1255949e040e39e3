/**
 * Work that one run does for all who ask. Who asks while a run is under way may want to know what changed since it
 * began, and so gets the next one, together with all others who asked meanwhile.
 */
export type SharedRun = {
  (): Promise<void>;
  /** The run that is under way; `null`: none. */
  current(): Promise<void> | null;
};

export function shareRuns(work: () => Promise<void>): SharedRun {
  let current: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  function run(): Promise<void> {
    if (current === null) {
      current = work().finally(() => {
        current = null;
      });
      return current;
    }
    const again = () => {
      next = null;
      return run();
    };
    next ??= current.then(again, again);
    return next;
  }
  return Object.assign(run, { current: () => current });
}
