import type { MetricsFacts, SeriesLabels } from '../../release/evidence/metrics-facts.ts'
import { isClose } from './heights.ts'

/** What a proxy itself says of a request, and the target that it was scraped at. */
const own =
  /^(instance|pod|reporter|source_.*|destination_.*|response_.*|request_.*|grpc_.*|connection_.*|le)$/

/** This share of the series must have copies that show the same: else a label of the requests' own divides them. */
const alike = 0.8

/**
 * copiesOf finds series of one target that say the same of the same requests and differ in other labels alone: copies of two
 * replicas, or of two scrape jobs, which a sum would count several times. It gives those labels, one that tells the copies
 * apart first; none where the series differ in height too, as where Telemetry adds a label of the requests' own.
 */
export function copiesOf({ series, heights }: Pick<MetricsFacts, 'series' | 'heights'>): {
  labels: string[]
} {
  const rows = series.map((labels, index) => ({ labels, height: heights[index] ?? 0 }))
  const groups = [...Map.groupBy(rows, ({ labels }) => keyOf(labels)).values()].filter(
    (group) => group.length > 1,
  )
  if (groups.length === 0) return { labels: [] }
  const same = groups.filter((group) => areClose(group.map(({ height }) => height)))
  if (same.length < alike * groups.length) return { labels: [] }
  const differing = new Set(same.flatMap((group) => differingLabels(group.map(({ labels }) => labels))))
  const separates = (label: string) =>
    same.every((group) => new Set(group.map(({ labels }) => labels[label] ?? '')).size === group.length)
  return {
    labels: [...differing].sort((a, b) => Number(separates(b)) - Number(separates(a)) || (a < b ? -1 : 1)),
  }
}

function keyOf(labels: SeriesLabels): string {
  return JSON.stringify(
    Object.entries(labels)
      .filter(([name, value]) => own.test(name) && value !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

function areClose(heights: readonly number[]): boolean {
  const [low, high] = [Math.min(...heights), Math.max(...heights)]
  return isClose(high - low, high)
}

function differingLabels(group: readonly SeriesLabels[]): string[] {
  const names = new Set(group.flatMap((labels) => Object.keys(labels)))
  return [...names].filter(
    (name) => name !== '__name__' && new Set(group.map((labels) => labels[name] ?? '')).size > 1,
  )
}
