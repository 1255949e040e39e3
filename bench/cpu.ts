import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of CPU that something has used until now; the difference of two readings is what counts. */
export type CpuMeter = () => number;

export const cpuOfThisProcess: CpuMeter = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/**
 * All threads of another process that are alive. From `schedstat`, which counts nanoseconds: `/proc/PID/stat` counts
 * ticks of 10 ms, too coarse for most of what is measured here.
 */
export function cpuOfProcess(pid: number): CpuMeter {
  return () => {
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      try {
        nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
      } catch {
        // The thread has just ended.
      }
    }
    return nanoseconds / 1_000_000;
  };
}

/** Processes that this one has started and that have ended, with those that they waited for. In ticks of 10 ms. */
export const cpuOfEndedChildren: CpuMeter = () => {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // The second field is the command in parentheses, and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
};
