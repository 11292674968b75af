import { describe, expect, test } from '@jest/globals'
import { openMetrics } from '../../src/metrics/metrics.ts'
import type { Failure } from '../../src/release/failure.ts'
import { createPrometheus } from '../../src/sandbox/prometheus/prometheus.ts'
import type { ExposedSample, Labels, ScrapeTarget } from '../../src/sandbox/prometheus/target.ts'
import { shortSleep } from '../support/short-sleep.ts'
import { never, plain } from './prometheus-stub.ts'

const host = 'my-api.shop.svc.cluster.local'
const start = 1_700_000_010_000
const interval = 15_000
const source = { reporter: 'destination', label: 'destination_workload', canary: 'v2', stable: 'v1' } as const

type Counters = readonly (readonly [labels: Labels, value: number])[]

/** One pod's proxy: what its page shows at each second after the start; null: it isn't there. */
interface PodPage {
  pod: string
  shows(second: number): Counters | null
}

/** store scrapes pages every 5 s from a minute before the start on, and is asked three minutes after it. */
function store(pages: readonly PodPage[], { podLabel = true, warnings = [] as string[] } = {}) {
  let now = start - 60_000
  const kept = new Map<string, Labels>()
  const page = ({ pod, shows }: PodPage, place: number): ScrapeTarget => {
    const expose = ([own, value]: Counters[number]): ExposedSample => {
      const labels = {
        reporter: 'destination',
        destination_service: host,
        destination_workload: pod.slice(0, 2),
        ...own,
      }
      const key = `${pod} ${JSON.stringify(labels)}`
      const known = kept.get(key) ?? labels
      kept.set(key, known)
      return { labels: known, value }
    }
    return {
      labels: { job: 'pods', instance: `10.0.0.${place}:15020`, ...(podLabel ? { pod } : {}) },
      scrape: () => shows((now - start) / 1000)?.map(expose) ?? null,
    }
  }
  const targets = pages.map(page)
  const embedded = createPrometheus({
    targets: () => targets,
    now: () => now,
    scrapeInterval: 5000,
    major: 3,
  })
  for (; now < start + 180_000; now += 1000) embedded.tick(now, 1)
  const metrics = openMetrics(
    { ...plain, url: 'k8s://m/prometheus' },
    {
      random: () => 0.5,
      sleep: shortSleep,
      userAgent: 'test',
      transport: async (path, form) => {
        const { status, contentType, body } = embedded.answer({
          method: 'GET',
          path,
          parameters: new URLSearchParams(form),
        })
        const shown = warnings.length === 0 ? body : JSON.stringify({ ...JSON.parse(body), warnings })
        return { status, contentType, text: shown }
      },
    },
  )
  return { metrics, until: now }
}

const growing =
  (rows: readonly (readonly [Labels, perSecond: number])[], from = -60) =>
  (second: number): Counters =>
    rows.map(([labels, perSecond]) => [labels, Math.max(0, Math.floor((second - from) * perSecond))])

const requests = (code: string, more: Labels = {}): Labels => ({
  __name__: 'istio_requests_total',
  response_code: code,
  response_flags: '-',
  request_protocol: 'http',
  source_workload: 'web',
  ...more,
})

function failed(
  pages: readonly PodPage[],
  options: Parameters<typeof store>[1] = {},
  routeLabel: string | null = null,
) {
  const { metrics, until } = store(pages, options)
  return metrics.failedRequests({ host, source, start, until, routeLabel }, never)
}

const stable: PodPage = {
  pod: 'v1-a',
  shows: growing([
    [requests('200'), 10],
    [requests('500'), 0.1],
  ]),
}

describe('which requests failed', () => {
  test('kinds of both protocols since the start, the commonest first, and none of clients that went away', async () => {
    const grpc = { request_protocol: 'grpc', source_workload: 'app' }
    const canary: PodPage = {
      pod: 'v2-a',
      shows: growing([
        [requests('200'), 5],
        [requests('404'), 1],
        [requests('500', { request_operation: 'Cart' }), 0.5],
        [requests('503', { response_flags: 'UF,URX' }), 0.2],
        [requests('0', { response_flags: 'DC' }), 3],
        [requests('0', { response_flags: 'UPE', source_workload: 'unknown' }), 0.1],
        [requests('200', { ...grpc, grpc_response_status: '14' }), 0.4],
        [requests('200', { ...grpc, grpc_response_status: '5' }), 2],
      ]),
    }
    const found = await failed([stable, canary])
    const rows = found.kinds.canary.map(({ code, grpcStatus, flags, route, caller }) => [
      code,
      grpcStatus,
      flags,
      route,
      caller,
    ])
    expect(rows).toEqual([
      ['500', null, null, 'Cart', 'web'],
      ['200', '14', null, null, 'app'],
      ['503', null, 'UF,URX', null, 'web'],
      ['0', null, 'UPE', null, null],
    ])
    // 180 s of 0.5 a second; what was counted in the minute before is not among them
    expect(Math.abs((found.kinds.canary[0]?.count ?? 0) - 90)).toBeLessThan(5)
    expect(found.kinds.stable.map(({ code }) => code)).toEqual(['500'])
    expect(found.pods.canary.map(({ pod }) => pod)).toEqual(['v2-a'])
    expect(found.pods.canary[0]?.bad).toBeGreaterThan(200)
    expect(found.pods.stable[0]?.bad).toBeLessThan(25)
  })

  test('of six kinds the rarest is left out', async () => {
    const codes = ['500', '501', '502', '503', '504', '505'].map(
      (code, index) => [requests(code), 1 + index] as const,
    )
    const { kinds } = await failed([stable, { pod: 'v2-a', shows: growing(codes) }])
    expect(kinds.canary.map(({ code }) => code)).toEqual(['505', '504', '503', '502', '501'])
  })

  test('the configured label names routes before those that meshes usually have', async () => {
    const both = requests('500', { my_route: 'PutCart', request_operation: 'POST' })
    const pages = [stable, { pod: 'v2-a', shows: growing([[both, 1]]) }]
    expect((await failed(pages, {}, 'my_route')).kinds.canary[0]?.route).toBe('PutCart')
    expect((await failed(pages)).kinds.canary[0]?.route).toBe('POST')
    await expect(failed(pages, {}, 'a"} or up{b="')).rejects.toThrow(/label/)
  })

  test('scraped without a pod label, pods are not known, and kinds are', async () => {
    const pages = [stable, { pod: 'v2-a', shows: growing([[requests('500'), 1]]) }]
    const { kinds, pods } = await failed(pages, { podLabel: false })
    expect(kinds.canary).toHaveLength(1)
    expect(pods).toEqual({ canary: [], stable: [] })
  })

  test('where only callers report, kinds are theirs, and pods are not known', async () => {
    const seen = { reporter: 'source', source_workload: 'gateway' }
    const caller: PodPage = {
      pod: 'v1-gateway',
      shows: growing([
        [{ ...requests('503', { response_flags: 'UO' }), ...seen, destination_workload: 'v2' }, 1],
      ]),
    }
    const { metrics, until } = store([caller])
    const asked = { host, source: { ...source, reporter: 'source' as const }, start, until, routeLabel: null }
    const { kinds, pods } = await metrics.failedRequests(asked, never)
    expect(kinds.canary).toMatchObject([{ code: '503', flags: 'UO', caller: 'gateway' }])
    expect(pods).toEqual({ canary: [], stable: [] })
  })

  test('a pod that is replaced meanwhile is counted, and so is the one in its place', async () => {
    const page = growing([[requests('500'), 1]])
    const later = growing([[requests('500'), 1]], 60)
    const { pods } = await failed([
      stable,
      { pod: 'v2-a', shows: (second) => (second < 60 ? page(second) : null) },
      { pod: 'v2-b', shows: (second) => (second < 60 ? null : later(second)) },
    ])
    expect(pods.canary.map(({ pod }) => pod).sort()).toEqual(['v2-a', 'v2-b'])
    const [later60 = 0] = pods.canary.filter(({ pod }) => pod === 'v2-b').map(({ bad }) => bad)
    expect(Math.abs(later60 - 120)).toBeLessThan(8)
  })

  test('a proxy that starts anew counts what it shows since, and never less than nothing', async () => {
    const [before, after] = [growing([[requests('500'), 10]]), growing([[requests('500'), 0.1]], 150)]
    const shows = (second: number) => (second < 150 ? before(second) : after(second))
    const { kinds, pods } = await failed([stable, { pod: 'v2-a', shows }])
    expect(pods.canary.filter(({ bad, total }) => bad < 0 || total < bad)).toEqual([])
    expect(kinds.canary.filter(({ count }) => !(count > 0))).toEqual([])
  })

  test('numbers that are not whole are rounded', async () => {
    const shows = (second: number): Counters => [[requests('500'), (second + 60) * 0.333]]
    const { kinds } = await failed([stable, { pod: 'v2-a', shows }])
    expect(Number.isInteger(kinds.canary[0]?.count)).toBe(true)
  })

  test('an incomplete answer explains nothing', async () => {
    const incomplete = failed([stable], { warnings: ['store 2 is away'] })
    expect(await incomplete.catch(({ code }: Failure) => code)).toBe('incomplete')
  })
})

/** A proxy's histogram: requests a second, and the part of them within each bound, as the page writes it. */
function histogram(pod: string, perSecond: number, bounds: Readonly<Record<string, number>>): PodPage {
  const bucket = (le: string): Labels => ({
    __name__: 'istio_request_duration_milliseconds_bucket',
    response_code: '200',
    request_protocol: 'http',
    le,
  })
  const all = { ...bounds, '+Inf': 1 }
  return { pod, shows: growing(Object.entries(all).map(([le, share]) => [bucket(le), perSecond * share])) }
}

async function slow(
  pages: readonly PodPage[],
  bounds: readonly number[],
  options: Parameters<typeof store>[1] = {},
) {
  const { metrics, until } = store(pages, options)
  const query = { host, namespace: 'shop', source, start, until: until - interval, interval, podBirths: {} }
  const counts = await metrics.durationCounts({ ...query, bounds }, never)
  const slowPods = await metrics.slowPods({ host, source, start, until, bound: bounds[0] ?? 0 }, never)
  const shares = counts.map(({ bound, series }) => {
    const { canary, stable: other } = series.points.at(-1) ?? { canary: null, stable: null }
    const share = (side: typeof canary) =>
      side && side.total > 0 ? Number((side.bad / side.total).toFixed(1)) : null
    return [bound, share(canary), share(other)]
  })
  return { shares, slowPods }
}

describe('how many requests were slow', () => {
  test.each([
    ['as one major version writes them', '1', '250'],
    ['as another does', '1.0', '250.0'],
  ])('bounds are the same %s, also side by side', async (_, one, many) => {
    const pages = [
      histogram('v1-a', 20, { 1: 0.1, 250: 0.9 }),
      histogram('v2-a', 20, { [one]: 0.1, [many]: 0.5 }),
    ]
    const { shares, slowPods } = await slow(pages, [250, 1])
    expect(shares).toEqual([
      [250, 0.5, 0.1],
      [1, 0.9, 0.9],
    ])
    const [pod] = slowPods.canary
    expect(Number(((pod?.bad ?? 0) / (pod?.total ?? 1)).toFixed(1))).toBe(0.5)
  })

  test('a bound that one proxy lacks would make all of its requests slow: it is left out', async () => {
    const pages = [histogram('v1-a', 20, { 100: 0.5, 250: 0.9 }), histogram('v2-a', 20, { 250: 0.9 })]
    expect((await slow(pages, [250, 100])).shares).toEqual([[250, 0.1, 0.1]])
  })

  test('a histogram without bounds tells nothing', async () => {
    const { metrics, until } = store([histogram('v1-a', 20, {}), histogram('v2-a', 20, {})])
    const bounds = { host, source, until, threshold: 100 }
    expect(await metrics.latencyBounds(bounds, never)).toBeNull()
    expect((await slow([histogram('v1-a', 20, {})], [100])).shares).toEqual([])
  })

  test('an incomplete answer is none', async () => {
    const incomplete = slow([histogram('v1-a', 20, { 100: 0.5 })], [100], { warnings: ['store 2 is away'] })
    expect(await incomplete.catch(({ code }: Failure) => code)).toBe('incomplete')
  })

  test('scraped without a pod label, slow pods are not known', async () => {
    const pages = [histogram('v1-a', 20, { 100: 0.5 }), histogram('v2-a', 20, { 100: 0.5 })]
    expect((await slow(pages, [100], { podLabel: false })).slowPods).toEqual({ canary: [], stable: [] })
  })
})
