import { bucketTimes, latencyBounds } from '../../../simulation/latency.ts'
import type { ExposedSample, Labels } from '../../prometheus/target.ts'

/** MutableSample is a sample whose value grows in place: its labels stay one object for its whole life. */
interface MutableSample extends ExposedSample {
  value: number
}

interface RequestSeries {
  total: MutableSample
  buckets: MutableSample[]
  sum: MutableSample
  count: MutableSample
}

/** ProxyMetrics are the counters of one proxy process. They die with it. */
export interface ProxyMetrics {
  /**
   * record counts `n` requests of one class. `key` names the class, `labels` makes its labels when it is new;
   * `spread` shares the n out among the latency buckets.
   */
  record(key: string, labels: () => Labels, n: number, spread: ArrayLike<number>): void
  samples(): readonly ExposedSample[]
}

const bucketNames = latencyBounds.map((bound) => (Number.isFinite(bound) ? String(bound) : '+Inf'))

/** createProxyMetrics makes the counters of a proxy that started at `startedAt` (ms since the epoch). */
export function createProxyMetrics(
  component: 'proxy' | 'pilot',
  tag: string,
  startedAt: number,
): ProxyMetrics {
  const byKey = new Map<string, RequestSeries>()
  const samples: MutableSample[] = [
    { labels: { __name__: 'process_start_time_seconds' }, value: startedAt / 1000 },
    { labels: { __name__: 'istio_build', component, tag }, value: 1 },
  ]
  return {
    record(key, labels, n, spread) {
      if (n === 0) return
      let series = byKey.get(key)
      if (series === undefined) {
        series = newSeries(labels())
        byKey.set(key, series)
        samples.push(series.total, ...series.buckets, series.sum, series.count)
      }
      series.total.value += n
      series.count.value += n
      let cumulative = 0
      for (let index = 0; index < series.buckets.length; index += 1) {
        const part = spread[index] ?? 0
        cumulative += part
        const bucket = series.buckets[index] as MutableSample
        bucket.value += cumulative
        series.sum.value += part * (bucketTimes[index] as number)
      }
    },
    samples: () => samples,
  }
}

function newSeries(labels: Labels): RequestSeries {
  const present = Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
  const histogram = 'istio_request_duration_milliseconds'
  return {
    total: { labels: { __name__: 'istio_requests_total', ...present }, value: 0 },
    buckets: bucketNames.map((le) => ({
      labels: { __name__: `${histogram}_bucket`, ...present, le },
      value: 0,
    })),
    sum: { labels: { __name__: `${histogram}_sum`, ...present }, value: 0 },
    count: { labels: { __name__: `${histogram}_count`, ...present }, value: 0 },
  }
}
