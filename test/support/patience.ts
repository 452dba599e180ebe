/**
 * Guards against hangs. They count processor time: by the clock, a test would fail when the machine has other things to do.
 */

/** Milliseconds of processor time that this process has taken, all of its threads together. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
