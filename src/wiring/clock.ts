import type { Clock } from '../release/clock.ts'

/** Timers hold at most this many milliseconds; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1

/** createSystemClock is real time. */
export function createSystemClock(): Clock {
  return {
    now: () => Date.now(),
    sleep: async (ms, signal) => {
      const end = Date.now() + ms
      do {
        await sleepRealTime(Math.min(Math.max(0, end - Date.now()), longestTimer), signal)
      } while (Date.now() < end)
    },
  }
}

/** sleepRealTime waits in real time; it rejects with the signal's reason as soon as that aborts. */
export function sleepRealTime(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}
