interface Entry {
  at: number
  order: number
  run(): void
}

/**
 * createScheduler is time in memory: processes sleep in it, and it goes on to the next moment once all of them do. The
 * same order each time.
 */
export function createScheduler(start: number) {
  let now = start
  let order = 0
  const entries: Entry[] = []
  const add = (at: number, run: () => void): Entry => {
    const entry = { at, order: order++, run }
    entries.push(entry)
    return entry
  }
  return {
    now: () => now,
    /** at lets something happen at a moment (ms since the epoch). */
    at: (moment: number, run: () => void) => void add(moment, run),
    jump(ms: number): void {
      now += ms
    },
    sleep: (ms: number, signal: AbortSignal | null): Promise<void> =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const stop = (): void => {
          entries.splice(entries.indexOf(entry), 1)
          reject(signal?.reason)
        }
        const entry = add(now + Math.max(0, ms), () => {
          signal?.removeEventListener('abort', stop)
          resolve()
        })
        signal?.addEventListener('abort', stop, { once: true })
      }),
    /** clear takes away all that is to come. */
    clear(): void {
      entries.length = 0
    },
    /** runUntil lets time go by until something is so; false: nothing more can happen, or the limit (ms) is reached. */
    async runUntil(isSo: () => boolean, limit: number): Promise<boolean> {
      const end = now + limit
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        if (isSo()) return true
        entries.sort((left, right) => left.at - right.at || left.order - right.order)
        const next = entries.shift()
        if (next === undefined || now > end) return false
        now = Math.max(now, next.at)
        next.run()
      }
    },
  }
}

export type Scheduler = ReturnType<typeof createScheduler>
