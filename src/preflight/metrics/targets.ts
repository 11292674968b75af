import type { Check } from '../check.ts'

/** targets asks whether every series is one proxy's own counter, and every ready pod is scraped. */
export const targets: Check = {
  id: 'metrics-targets',
  question: 'Is every proxy counted by itself, and every ready pod scraped?',
  find({ metrics }) {
    if (metrics === null) return []
    const findings: ReturnType<Check['find']> = []
    const summed = metrics.series.filter(({ instance = '', pod = '' }) => instance === '' && pod === '')
    if (summed.length > 0) {
      findings.push({
        level: 'error',
        text: `${summed.length} of ${metrics.series.length} series of ${metrics.host} have neither instance nor pod, as recording rules and federation of sums make them: restarts and first requests can't be seen in a sum, so it can't be counted exactly.`,
        remedy:
          'Give a Prometheus that keeps the series of each proxy as prometheus-url, or choose those by prometheus-match.',
      })
    }
    const { ready, scraped } = metrics.pods
    const missing = scraped === null ? [] : ready.filter((pod) => !scraped.includes(pod))
    if (missing.length > 0) {
      findings.push({
        level: 'error',
        text: `Prometheus has scraped ${ready.length - missing.length} of ${ready.length} ready pods (not ${missing.slice(0, 3).join(', ')}): what they answer would not be counted.`,
        remedy: `Look at why they are not scraped: up{pod="${missing[0] ?? ''}"}`,
      })
    }
    return findings
  },
}
