import { createRandom } from '../../src/simulation/random.ts'
import type { WrittenSeries } from '../support/remote-write.ts'

/** start is where the samples begin, in ms since the epoch: a whole multiple of the scrape interval. */
export const start = Date.UTC(2026, 2, 1, 12)
export const interval = 15_000
export const scrapes = 80

const workloads = ['my-api-v1', 'my-api-v2']
const codes = ['200', '500', '503']
const bounds = ['1', '5', '25', '100', '+Inf']

/**
 * samples gives series as scrapes leave them: counters that restart, series that are born late, that miss
 * scrapes, that end with a staleness marker and return; gauges with NaN and infinities; histograms.
 */
export function samples(): WrittenSeries[] {
  const random = createRandom('differential')
  const series: WrittenSeries[] = []
  for (const [pod, offset] of [0, 3000, 7000, 11_000].entries()) {
    const labels = { job: 'pods', instance: `10.0.0.${pod}:15020`, pod: `pod-${pod}` }
    for (const workload of workloads) {
      for (const code of codes) {
        const born = code === '500' ? 20 + pod : 0
        const name = {
          __name__: 'istio_requests_total',
          ...labels,
          destination_workload: workload,
          response_code: code,
        }
        series.push(counter(name, offset, born, pod, random))
      }
      let below = 0
      for (const le of bounds) {
        below += 2 + pod
        const name = { __name__: 'latency_bucket', ...labels, destination_workload: workload, le }
        series.push(line(name, offset, 0, (tick) => tick * below + (tick % 3)))
      }
    }
    series.push(
      line({ __name__: 'up', ...labels }, offset, 0, (tick) => (tick > 40 && tick < 44 && pod === 1 ? 0 : 1)),
    )
    series.push(
      line({ __name__: 'temperature', ...labels, zone: pod % 2 === 0 ? 'a' : 'b' }, offset, 0, (tick) =>
        oddOr(tick, pod, random.next() * 40 - 10),
      ),
    )
  }
  return series
}

function oddOr(tick: number, pod: number, value: number): number {
  if (pod === 2 && tick === 31) return Number.NaN
  if (pod === 2 && tick === 50) return Number.POSITIVE_INFINITY
  if (pod === 3 && tick === 50) return Number.NEGATIVE_INFINITY
  return value
}

function counter(
  labels: Record<string, string>,
  offset: number,
  born: number,
  pod: number,
  random: { next(): number },
): WrittenSeries {
  let total = 0
  return line(labels, offset, born, (tick) => {
    // One pod starts anew, one misses scrapes, one goes away for a while.
    if (pod === 1 && tick === 44) total = 0
    total += Math.floor(random.next() * 50)
    if (pod === 2 && tick > 25 && tick < 29) return undefined
    if (pod === 3 && tick === 35) return null
    if (pod === 3 && tick > 35 && tick < 60) return undefined
    return total
  })
}

/** line makes a series of one value a scrape; undefined: no sample, null: a staleness marker. */
function line(
  labels: Record<string, string>,
  offset: number,
  born: number,
  value: (tick: number) => number | null | undefined,
): WrittenSeries {
  const times: number[] = []
  const values: (number | null)[] = []
  for (let tick = born; tick < scrapes; tick += 1) {
    const sample = value(tick)
    if (sample === undefined) continue
    times.push(start + offset + tick * interval)
    values.push(sample)
  }
  return { labels, times, values }
}
