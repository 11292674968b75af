import { afterEach, describe, expect, test } from '@jest/globals'
import { openMetrics } from '../../src/metrics/metrics.ts'
import { createPrometheus, type EmbeddedPrometheus } from '../../src/sandbox/prometheus/prometheus.ts'
import type { ExposedSample } from '../../src/sandbox/prometheus/target.ts'
import { shortSleep } from '../support/short-sleep.ts'

const host = 'my-api.shop.svc.cluster.local'
const signal = new AbortController().signal
const start = 1_700_000_000_137
const source = { reporter: 'destination', label: 'destination_workload', canary: 'v2', stable: 'v1' } as const
let embedded: EmbeddedPrometheus | null = null

afterEach(async () => {
  await embedded?.close()
  embedded = null
})

/** page shows counters by code, and when the proxy started (seconds). */
function page(workload: string, started: number) {
  const kept = new Map<string, Record<string, string>>()
  const labels = (code: string) => {
    const found = kept.get(code) ?? {
      __name__: 'istio_requests_total',
      reporter: 'destination',
      destination_service: host,
      destination_workload: workload,
      response_code: code,
      response_flags: '-',
      request_protocol: 'http',
    }
    kept.set(code, found)
    return found
  }
  const up = { __name__: 'istio_agent_process_start_time_seconds' }
  const state = { codes: new Map<string, number>(), started }
  const scrape = (): ExposedSample[] => [
    ...[...state.codes].map(([code, value]) => ({ labels: labels(code), value })),
    { labels: up, value: state.started },
  ]
  return { state, scrape }
}

describe.each([2, 3] as const)('counting from the embedded Prometheus %i', (major) => {
  test('a reset between two polls, a pod born within one, and what the grid alone would have missed', async () => {
    let now = start - 60_000
    const stable = page('v1', now / 1000)
    const canary = page('v2', now / 1000)
    const targets = [{ labels: { job: 'pods', instance: '10.0.0.1:15020', pod: 'a' }, scrape: stable.scrape }]
    embedded = createPrometheus({ targets: () => targets, now: () => now, scrapeInterval: 5000, major })
    const url = await embedded.listen()
    const run = (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        now += 1000
        embedded?.tick(now, 1)
      }
    }
    stable.state.codes.set('200', 100)
    run(60)
    const births = { b: start + 20_000 }
    const metrics = openMetrics(
      { url, bearerToken: null, basic: null, headers: {}, ca: null },
      { random: () => 0.5, sleep: shortSleep, userAgent: 'test' },
    )
    const last = async () => {
      const query = {
        host,
        namespace: 'shop',
        source,
        start,
        until: now,
        interval: 15_000,
        podBirths: births,
      }
      return (await metrics.counts(query, signal)).points.at(-1)
    }
    run(16)
    // between two polls: 60 more are scraped, then the proxy starts anew
    stable.state.codes.set('200', 160)
    run(6)
    stable.state.codes = new Map([['503', 2]])
    stable.state.started = now / 1000
    targets.push({ labels: { job: 'pods', instance: '10.0.0.2:15020', pod: 'b' }, scrape: canary.scrape })
    canary.state.codes.set('500', 3)
    run(10)
    expect(await last()).toMatchObject({ canary: { total: 3, bad: 3 }, stable: { total: 62, bad: 2 } })
    stable.state.codes.set('200', 7)
    run(330)
    expect(await last()).toMatchObject({ canary: { total: 3, bad: 3 }, stable: { total: 69, bad: 2 } })
    run(420)
    // what lies back is not asked again, and a process that knows nothing yet is told the same
    const asked: string[] = []
    const { answer } = embedded
    const query = { host, namespace: 'shop', source, start, until: now, interval: 15_000, podBirths: births }
    const fresh = openMetrics(
      { url: 'k8s://m/prometheus', bearerToken: null, basic: null, headers: {}, ca: null },
      {
        random: () => 0.5,
        sleep: shortSleep,
        userAgent: 'test',
        transport: async (path, form) => {
          asked.push(form.query ?? '')
          const parameters = new URLSearchParams(form)
          const { status, contentType, body } = answer({ method: 'GET', path, parameters })
          return { status, contentType, text: body }
        },
      },
    )
    const first = await fresh.counts(query, signal)
    const looks = asked.filter((text) => text.includes('instance=~')).length
    expect(await fresh.counts(query, signal)).toEqual(first)
    expect(looks).toBeGreaterThan(0)
    expect(asked.filter((text) => text.includes('instance=~'))).toHaveLength(looks)
    expect(first).toEqual(await metrics.counts(query, signal))
  })
})
