/**
 * Clock is the only source of time. Two doors exist: the system's clock, and the sandbox's virtual clock.
 * Timeouts of single calls do not use it: they always run on real time.
 */
export interface Clock {
  /** now gives the time in milliseconds since the Unix epoch. */
  now(): number
  /** sleep resolves after `ms` milliseconds; it rejects with `signal.reason` as soon as the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/**
 * skewOf tells by how many ms another clock is ahead of ours, where it showed `shown` (whole seconds, in ms) between two
 * readings of ours; null where it showed nothing.
 */
export function skewOf(shown: number | null, before: number, after: number): number | null {
  if (shown === null || Number.isNaN(shown)) return null
  // a header names the second that has begun: its middle is half a second later
  return shown + 500 - (before + after) / 2
}
