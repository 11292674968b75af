import { sleepRealTime } from '../../src/wiring/clock.ts'

/** shortSleep waits a twentieth of what it is asked to: a test of retries need not wait as long as a release does. */
export const shortSleep = (ms: number, signal: AbortSignal): Promise<void> => sleepRealTime(ms / 20, signal)
