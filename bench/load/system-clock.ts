/** What turns `performance.now()` into milliseconds of the system's monotonic clock, the same in every process. */
export function systemClockOffsetMs(): number {
  // Whoever is interrupted between the two readings finds too little: the system's clock is read first.
  return Math.max(...Array.from({ length: 100 }, () => Number(process.hrtime.bigint()) / 1e6 - performance.now()));
}
