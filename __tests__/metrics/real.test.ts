import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { type Metrics, openMetrics } from '../../src/metrics/metrics.ts'
import type { CountSeries, CountSource } from '../../src/release/evidence/counts.ts'
import { type RealPrometheus, startPrometheus } from '../support/prometheus.ts'
import { shortSleep } from '../support/short-sleep.ts'

jest.setTimeout(90_000)

const host = 'my-api.shop.svc.cluster.local'
const source: CountSource = {
  reporter: 'destination',
  label: 'destination_workload',
  canary: 'my-api-v2',
  stable: 'my-api-v1',
}
const interval = 2000

/** Pod is a proxy on loopback that answers scrapes with Istio's metrics; what it was asked for is remembered. */
class Pod {
  workload: string
  codes = new Map<string, number>()
  /** Cumulative buckets of a duration histogram, by bound. */
  buckets = new Map<string, number>()
  /** Requests of the pod itself that reached nobody, by their labels. */
  unreached = new Map<string, number>()
  started = Date.now() / 1000
  scrapes = 0
  silent = false
  server: Server
  constructor(workload: string) {
    this.workload = workload
    this.server = createServer((_, response) => {
      if (this.silent) {
        response.statusCode = 503
        response.end()
        return
      }
      this.scrapes += 1
      response.setHeader('content-type', 'text/plain; version=0.0.4')
      response.end(this.text())
    })
  }
  text(): string {
    const lines = ['# TYPE istio_requests_total counter']
    for (const [code, count] of this.codes) {
      const labels = `reporter="destination",destination_service="${host}",destination_workload="${this.workload}",response_code="${code}",response_flags="${code === '0' ? 'DC' : '-'}",grpc_response_status="",request_protocol="http",source_workload="web"`
      lines.push(`istio_requests_total{${labels}} ${count}`)
    }
    for (const [le, count] of this.buckets) {
      lines.push(
        `istio_request_duration_milliseconds_bucket{reporter="destination",destination_service="${host}",destination_workload="${this.workload}",response_code="200",le="${le}"} ${count}`,
      )
    }
    for (const [labels, count] of this.unreached) {
      lines.push(
        `istio_requests_total{reporter="source",destination_workload="unknown",response_code="503",grpc_response_status="",request_protocol="http",${labels}} ${count}`,
      )
    }
    lines.push(
      '# TYPE process_start_time_seconds gauge',
      `process_start_time_seconds ${this.started.toFixed(2)}`,
      '',
    )
    return lines.join('\n')
  }
  serve(code: string, count: number): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + count)
  }
  restart(): void {
    this.codes = new Map()
    this.started = Date.now() / 1000
  }
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }
}

const signal = new AbortController().signal
const old = new Pod('my-api-v1')
const other = new Pod('my-api-v1')
const canary = new Pod('my-api-v2')
const pods = [old, other, canary]
let prometheus: RealPrometheus
let metrics: Metrics
let start: number

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** scraped waits until a scrape that began after this moment has been answered and stored. */
async function scraped(...which: Pod[]): Promise<void> {
  const before = which.map((pod) => pod.scrapes)
  await until('a scrape', () => which.every((pod, index) => pod.scrapes >= (before[index] ?? 0) + 2))
}

async function counts(): Promise<CountSeries> {
  return metrics.counts(
    { host, namespace: 'shop', source, start, until: Date.now(), interval, podBirths: {} },
    signal,
  )
}

/** counted waits until the last grid point shows what was served. */
async function counted(truth: { canary: [number, number]; stable: [number, number] }): Promise<CountSeries> {
  let last: CountSeries = { points: [], notes: [] }
  const want = { canary: pair(truth.canary), stable: pair(truth.stable) }
  await until(`counts of ${JSON.stringify(want)}`, async () => {
    last = await counts()
    const point = last.points.at(-1)
    return JSON.stringify({ canary: point?.canary, stable: point?.stable }) === JSON.stringify(want)
  }).catch((error) => {
    throw new Error(
      `${error.message}; last: ${JSON.stringify(last.points.slice(-4))} ${JSON.stringify(last.notes)}`,
    )
  })
  return last
}

function pair([total, bad]: [number, number]) {
  return { total, bad }
}

beforeAll(async () => {
  const addresses = await Promise.all(pods.map((pod) => pod.listen()))
  canary.silent = true
  old.serve('200', 1000)
  old.serve('503', 7)
  other.serve('200', 500)
  prometheus = await startPrometheus({
    scrapeInterval: '1s',
    scrapeTargets: addresses.map((address, index) => ({
      address,
      labels: { pod: `pod-${index}`, namespace: 'shop' },
    })),
  })
  metrics = openMetrics(
    { url: prometheus.url, bearerToken: null, basic: null, headers: {}, ca: null },
    { random: () => 0.5, sleep: shortSleep, userAgent: 'shiftgate-test' },
  )
  await scraped(old, other)
  // a release starts at any moment, not on a multiple of its interval
  start = Date.now() - 137
})

afterAll(async () => {
  await prometheus?.stop()
  for (const pod of pods) {
    pod.server.closeAllConnections()
    pod.server.close()
  }
})

describe('counting against a real Prometheus', () => {
  test('probe tells its version', async () => {
    expect((await metrics.probe(signal)).version).toMatch(/^\d+\.\d+/)
  })

  test("what was counted before the release doesn't count; an idle canary has none", async () => {
    const { points } = await counts()
    expect(points[0]).toEqual({
      t: 0,
      canary: { total: 0, bad: 0 },
      stable: { total: 0, bad: 0 },
      unreached: 0,
      abandoned: 0,
      answers: { canary: {}, stable: {} },
      largestRise: 0,
    })
  })

  test("a pod born within a step: its first errors count, and increase() doesn't see them", async () => {
    canary.restart()
    canary.serve('200', 4)
    canary.serve('503', 3)
    canary.silent = false
    old.serve('200', 10)
    old.serve('0', 2)
    const { points } = await counted({ canary: [7, 3], stable: [10, 0] })
    expect(points.at(-1)?.abandoned).toBe(2)
    const query = `sum(increase(istio_requests_total{destination_workload="my-api-v2",response_code="503"}[1m]))`
    await scraped(canary)
    const naive = await metrics.instant(query, Date.now(), signal)
    expect(naive.series[0]?.samples[0]?.[1]).toBe(0)
  })

  test('a counter reset: what the last scrape before it had seen and what came after', async () => {
    old.serve('200', 40)
    old.serve('503', 1)
    await scraped(old)
    old.restart()
    old.serve('200', 5)
    old.serve('503', 2)
    const { notes } = await counted({ canary: [7, 3], stable: [58, 3] })
    expect(notes.map((note) => note.kind)).toContain('restart')
    // the lost class from before the restart must not come back when it counts anew
    old.serve('503', 6)
    await counted({ canary: [7, 3], stable: [64, 9] })
  })

  test('a restart of Prometheus loses nothing', async () => {
    const gone = prometheus.restart()
    canary.serve('500', 2)
    other.serve('200', 30)
    await gone
    const { points } = await counted({ canary: [9, 5], stable: [94, 9] })
    const totals = points.map((point) => point.stable?.total ?? 0)
    expect(totals.length).toBeGreaterThan(3)
    expect([...totals].sort((a, b) => a - b)).toEqual(totals)
    for (const { canary: side } of points) expect(side === null || side.bad <= side.total).toBe(true)
  })

  test('requests that reached nobody are counted as this host’s where no other can be meant', async () => {
    const from = (space: string, to: string, flag: string) =>
      `destination_service="${to}",response_flags="${flag}",source_workload_namespace="${space}"`
    other.unreached.set(from('shop', host, 'UH'), 3)
    other.unreached.set(from('web', `my-api.shop:8080`, 'NC'), 4)
    other.unreached.set(from('shop', 'my-api', 'NC,URX'), 5)
    // another namespace's my-api, a gateway's unknown, another reason: not ours
    other.unreached.set(from('web', 'my-api', 'NC'), 100)
    other.unreached.set(from('istio-system', 'unknown', 'NC'), 100)
    other.unreached.set(from('shop', host, 'UF'), 100)
    let last: CountSeries = { points: [], notes: [] }
    await until('12 unreached', async () => {
      last = await counts()
      return last.points.at(-1)?.unreached === 12
    }).catch((error) => {
      throw new Error(`${error.message}; last: ${JSON.stringify(last.points.slice(-3))}`)
    })
  })

  test('requests slower than the nearest bound', async () => {
    for (const [le, count] of [
      ['100', 1],
      ['250', 5],
      ['+Inf', 9],
    ] as const)
      canary.buckets.set(le, count)
    await until('4 of 9 over 250 ms', async () => {
      const query = { host, namespace: 'shop', source, start, until: Date.now(), interval, podBirths: {} }
      const latency = await metrics.latencyCounts({ ...query, threshold: 300 }, signal)
      const side = latency?.series.points.at(-1)?.canary
      return latency?.bound === 250 && side?.total === 9 && side.bad === 4
    })
  })

  test('a fresh process counts the same', async () => {
    const at = Date.now()
    const query = { host, namespace: 'shop', source, start, until: at - 1000, interval, podBirths: {} }
    const again = openMetrics(
      { url: prometheus.url, bearerToken: null, basic: null, headers: {}, ca: null },
      { random: () => 0.5, sleep: shortSleep, userAgent: 'shiftgate-test' },
    )
    expect(await again.counts(query, signal)).toEqual(await metrics.counts(query, signal))
  })

  test('baseline and reporters speak of the same requests', async () => {
    const now = Date.now()
    const seen = await metrics.reporters(
      { host, namespace: 'shop', workloads: ['my-api-v1', 'my-api-v2'], from: start - 1000, until: now },
      signal,
    )
    expect(seen.source).toBe(0)
    // up to a time on the grid of the rate, which is made of multiples of 15 s: what came since the last one counts too
    const until = Math.ceil(now / 15_000) * 15_000
    const { calibration, unreachedRate } = await metrics.baseline(
      { host, namespace: 'shop', source, from: start, until, interval },
      signal,
    )
    // grid walks without closer looks: what the grid itself shows of stable
    expect(calibration?.n).toBeGreaterThan(50)
    expect(unreachedRate).toBeCloseTo(12 / 300, 9)
  })
})
