import type { CountPoint, CountSource, Counts } from '../../../src/release/evidence/counts.ts'

/** Segment is a time in which nothing about the traffic changes: shares of all requests (0–1) by Deployment. */
interface Segment {
  from: number
  shares: Readonly<Record<string, number>>
  fails: Readonly<Record<string, number>>
}

/** Requests per second to the host. */
const rate = 50

/** createTraffic counts what callers see, by the Deployment that answered. */
export function createTraffic(start: number) {
  const segments: Segment[] = [{ from: start, shares: {}, fails: {} }]
  return {
    /** follow says who answers from now on, and which part of its answers fails. */
    follow: (from: number, shares: Segment['shares'], fails: Segment['fails']): void => {
      const last = segments.at(-1)
      if (JSON.stringify([last?.shares, last?.fails]) !== JSON.stringify([shares, fails]))
        segments.push({ from, shares, fails })
    },
    /** pointAt is what a Prometheus that misses nothing has counted since `start`. */
    pointAt(start: number, at: number, source: CountSource): CountPoint {
      const sums = new Map<string, Counts>()
      let unreached = 0
      segments.forEach((segment, index) => {
        const from = Math.max(start, segment.from)
        const until = Math.min(at, segments[index + 1]?.from ?? Number.POSITIVE_INFINITY)
        if (until <= from) return
        const requests = ((until - from) / 1000) * rate
        let reached = 0
        for (const [workload, share] of Object.entries(segment.shares)) {
          const sum = sums.get(workload) ?? { total: 0, bad: 0 }
          const fails = segment.fails[workload] ?? 0.001
          sums.set(workload, {
            total: sum.total + requests * share,
            bad: sum.bad + requests * share * fails,
          })
          reached += share
        }
        unreached += requests * Math.max(0, 1 - reached)
      })
      const whole = (workload: string): Counts => {
        const { total, bad } = sums.get(workload) ?? { total: 0, bad: 0 }
        return { total: Math.floor(total), bad: Math.min(Math.floor(total), Math.floor(bad)) }
      }
      return {
        t: (at - start) / 1000,
        canary: whole(source.canary),
        stable: whole(source.stable),
        unreached: Math.floor(unreached + 1e-6),
        abandoned: 0,
      }
    },
  }
}
