import type { MetricsFacts } from '../../release/evidence/metrics-facts.ts'
import { longestLag } from '../../release/settings.ts'
import { formatDuration } from '../../release/text/duration.ts'
import type { Check } from '../check.ts'

/** A store that is later than this, beyond two scrapes, isn't followed in time, ms. */
const tolerated = 60_000
const usualInterval = 15_000

/** freshness asks whether the newest sample is as young as scrapes let expect. */
export const freshness: Check = {
  id: 'metrics-fresh',
  question: 'Are the numbers as fresh as their scrapes?',
  find({ metrics, metricsLag, stable }) {
    if (metrics === null || metrics.series.length === 0) return []
    if (metrics.newest === null) {
      return [
        {
          level: 'warning',
          text: `The newest sample of ${metrics.host} is older than 5 minutes: its proxies are not scraped any more, or the store is late.`,
          remedy: `Try this query: max(timestamp(${metrics.selector}))`,
        },
      ]
    }
    const uneven = unevenFinding(metrics)
    const age = metrics.asOf - metrics.newest
    const allowed = tolerated + 2 * (metrics.interval ?? usualInterval)
    if (age <= allowed) return uneven
    if (metricsLag === 'auto' && age <= longestLag) {
      const text = `The newest sample of ${metrics.host} is ${formatDuration(age)} old: metrics-lag: auto asks that far behind the present.`
      return [{ level: 'info', text, remedy: null }, ...uneven]
    }
    return [
      {
        level: stable === null ? 'warning' : 'error',
        text: `The newest sample of ${metrics.host} is ${formatDuration(age)} old: the store is late, and a release would judge by what was.`,
        remedy:
          metricsLag === 'auto'
            ? `metrics-lag: auto follows a store up to ${formatDuration(longestLag)}: query one that is closer to the scrapes.`
            : `Set metrics-lag to at least ${formatDuration(metricsLag + Math.ceil(age / 1000) * 1000)}, or auto, or query a store that is closer to the scrapes.`,
      },
    ]
  },
}

/** Targets that are scraped this many times as seldom as the others are seen in jumps. */
const unevenFactor = 1.9

function unevenFinding({ host, interval, slowestInterval }: MetricsFacts): ReturnType<Check['find']> {
  if (interval === null || slowestInterval === null || slowestInterval < unevenFactor * interval) return []
  return [
    {
      level: 'warning',
      text: `Some proxies of ${host} are scraped every ${formatDuration(slowestInterval)}, most every ${formatDuration(interval)}: requests of those are seen in jumps, after those of the others.`,
      remedy: `Scrape all alike, or set interval to ${formatDuration(slowestInterval)}.`,
    },
  ]
}
