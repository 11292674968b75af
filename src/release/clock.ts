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
