import type { Labels } from '../target.ts'
import type { LabelGroups } from './label-groups.ts'
import type { Vector } from './vector.ts'

interface Bucket {
  bound: number
  count: number
}

/**
 * histogramQuantile estimates a quantile of each histogram among `_bucket` series, linear within a bucket; a
 * histogram is what agrees in all labels but `le`.
 */
export function histogramQuantile(quantile: number, vector: Vector, groupOf: LabelGroups): Vector {
  const histograms = new Map<Labels, Bucket[]>()
  for (const { labels, value } of vector) {
    const bound = boundOf(labels['le'])
    if (bound === null) continue
    const histogram = groupOf(labels)
    const buckets = histograms.get(histogram) ?? []
    buckets.push({ bound, count: value })
    histograms.set(histogram, buckets)
  }
  return [...histograms].map(([labels, buckets]) => ({
    labels,
    value: quantileOf(quantile, buckets),
  }))
}

function boundOf(le: string | undefined): number | null {
  if (le === undefined || le === '') return null
  if (/^\+?Inf$/i.test(le)) return Number.POSITIVE_INFINITY
  const bound = Number(le)
  return Number.isNaN(bound) ? null : bound
}

function quantileOf(quantile: number, unsorted: Bucket[]): number {
  if (Number.isNaN(quantile)) return Number.NaN
  if (quantile < 0) return Number.NEGATIVE_INFINITY
  if (quantile > 1) return Number.POSITIVE_INFINITY
  const buckets = monotonic(unsorted)
  const all = buckets.at(-1) as Bucket
  if (all.bound !== Number.POSITIVE_INFINITY || buckets.length < 2 || all.count === 0) return Number.NaN
  if (Number.isNaN(all.count)) return Number.NaN
  const rank = quantile * all.count
  const found = buckets.findIndex((bucket, index) => index === buckets.length - 1 || bucket.count >= rank)
  const bucket = buckets[found] as Bucket
  if (found === buckets.length - 1) return (buckets.at(-2) as Bucket).bound
  if (found === 0 && bucket.bound <= 0) return bucket.bound
  const below = buckets[found - 1] ?? { bound: 0, count: 0 }
  return below.bound + (bucket.bound - below.bound) * ((rank - below.count) / (bucket.count - below.count))
}

/** monotonic sorts buckets, adds up those with one bound, and lets no count fall: scrapes can tear a histogram. */
function monotonic(unsorted: Bucket[]): Bucket[] {
  const merged: Bucket[] = []
  for (const bucket of [...unsorted].sort((a, b) => a.bound - b.bound)) {
    const last = merged.at(-1)
    if (last?.bound === bucket.bound) last.count += bucket.count
    else merged.push({ ...bucket })
  }
  let highest = Number.NEGATIVE_INFINITY
  for (const bucket of merged) {
    highest = Math.max(highest, bucket.count)
    bucket.count = highest
  }
  return merged
}
