import type { MetricsFacts, SeriesLabels } from '../../release/evidence/metrics-facts.ts'
import { fewRequests, isClose } from './heights.ts'

/** So many series are looked at: a rule makes sums of all. */
const mostLookedAt = 50

/**
 * missingInSums finds series that are the sum of others under the same name, as a recording rule makes them that takes
 * labels away, and gives one of the labels that the sums lack; null where there are none. Series that only lack a label,
 * as those of before a change of Telemetry, are no sums.
 */
export function missingInSums({ series, heights }: Pick<MetricsFacts, 'series' | 'heights'>): string | null {
  const rows = series.map((labels, index) => ({ labels, height: heights[index] ?? 0 }))
  const most = Math.max(0, ...series.map(sizeOf))
  const small = rows.filter(({ labels, height }) => sizeOf(labels) < most && height > fewRequests)
  for (const { labels, height } of small.slice(0, mostLookedAt)) {
    const parts = rows.filter((row) => sizeOf(row.labels) > sizeOf(labels) && includes(row.labels, labels))
    const sum = parts.reduce((all, part) => all + part.height, 0)
    const [first] = parts
    if (first === undefined || !isClose(sum - height, height)) continue
    return lackedBy(labels, first.labels)
  }
  return null
}

function sizeOf(labels: SeriesLabels): number {
  return Object.values(labels).filter((value) => value !== '').length
}

function includes(labels: SeriesLabels, some: SeriesLabels): boolean {
  return Object.entries(some).every(([name, value]) => value === '' || labels[name] === value)
}

/** A label that names the target, before one that names a caller or anything else. */
function lackedBy(sum: SeriesLabels, part: SeriesLabels): string | null {
  const lacked = Object.keys(part).filter((name) => (sum[name] ?? '') === '' && part[name] !== '')
  return ['instance', 'pod'].find((name) => lacked.includes(name)) ?? lacked.sort()[0] ?? null
}
