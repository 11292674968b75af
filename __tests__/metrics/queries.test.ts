import { describe, expect, test } from '@jest/globals'
import { parser } from '@prometheus-io/lezer-promql'
import fc from 'fast-check'
import { parsePrometheusUrl } from '../../src/metrics/http/address.ts'
import {
  hostMatchers,
  requestsMetric,
  scrapedQuery,
  startsQuery,
  sumPerTarget,
  unreachedMatchers,
} from '../../src/metrics/istio-queries.ts'
import {
  boundsOf,
  durationMatchers,
  durationMetric,
  snapBound,
} from '../../src/metrics/operations/latency/latency-bounds.ts'
import { candidates, proofOf, separationQuery } from '../../src/metrics/operations/version-labels.ts'
import { calibrate, type PodCounts } from '../../src/release/evidence/calibration.ts'
import { literal, quoted, rangeOf, selector } from '../../src/release/promql.ts'
import { chooseReporter } from '../../src/rollout/start/reporter.ts'
import { chooseLabel } from '../../src/rollout/start/version-labels.ts'

const host = 'my-api.shop.svc.cluster.local'

/** mistakes counts what the grammar of PromQL can't read. */
function mistakes(query: string): number {
  let count = 0
  parser.parse(query).iterate({
    enter: (node) => {
      if (node.type.isError) count += 1
    },
  })
  return count
}

describe('queries', () => {
  const series = selector(requestsMetric, hostMatchers({ reporter: 'source', host }))

  test.each<[string, string, string]>([
    ['a selector', series, `istio_requests_total{reporter="source",destination_service="${host}"}`],
    [
      'a sum per target',
      sumPerTarget(series, ['destination_workload', 'pod']),
      `sum by (instance, pod, destination_workload) (${series} or on (instance, pod) last_over_time(${series}[300s]))`,
    ],
    [
      'starts',
      startsQuery('proxy', [series]),
      `max by (instance, pod) (last_over_time(istio_agent_process_start_time_seconds[300s]) and on (instance, pod) (last_over_time(${series}[300s])))`,
    ],
    [
      'who was scraped',
      scrapedQuery(['10.0.0.1:15020', 'b']),
      'max by (instance, pod) (up{instance=~"10\\\\.0\\\\.0\\\\.1:15020|b"})',
    ],
    [
      'a separation',
      separationQuery(host, 'source', 'destination_version', 3_600_000),
      `sum by (destination_version) (last_over_time(${series}[3600s]))`,
    ],
  ])('%s', (_name, query, text) => {
    expect(query).toBe(text)
    expect(mistakes(query)).toBe(0)
  })

  test('any text becomes a string of PromQL, and stays the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        expect(mistakes(selector('up', [{ label: 'a', op: '=', value: text }]))).toBe(0)
        const inside = quoted(text)
        expect(inside).not.toMatch(/[\n\r]/)
        expect(JSON.parse(inside.replace(/\\u\{?/g, '\\u'))).toBe(text)
      }),
    )
  })

  test('any text becomes a pattern that matches it alone', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (text, other) => {
        const pattern = new RegExp(`^(?:${literal(text)})$`)
        expect(pattern.test(text)).toBe(true)
        expect(pattern.test(other)).toBe(other === text)
      }),
    )
  })

  test.each(['', '1a', 'a-b', 'a b', 'a"} or up{a="', 'ä', 'a\n'])('%j is no label', (label) => {
    expect(() => selector('up', [{ label, op: '=', value: '' }])).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    )
  })

  test.each(['', 'a"b', 'A.b', '-a', 'a b', `${'a'.repeat(300)}`])('%j is no host', (name) => {
    expect(() => hostMatchers({ reporter: 'source', host: name })).toThrow(
      expect.objectContaining({ code: 'invalid-input' }),
    )
  })

  test.each([
    [15_000, '15s'],
    [1500, '1500ms'],
    [300_000, '300s'],
    [0.2, '1ms'],
  ])('%d ms is [%s]', (ms, text) => expect(rangeOf(ms)).toBe(text))

  test('unreached: names that mean this host, and no others', () => {
    const [anywhere, inside] = unreachedMatchers(host, 'shop').map((all) => {
      const found = all.find(({ label }) => label === 'destination_service')
      return new RegExp(`^(?:${found?.value})$`)
    })
    const says = (name: string) => [anywhere?.test(name), inside?.test(name)]
    for (const name of [host, `${host}:8080`, 'my-api.shop', 'my-api.shop.svc:80'])
      expect(says(name)).toEqual([true, false])
    for (const name of ['my-api', 'my-api:8080']) expect(says(name)).toEqual([false, true])
    for (const name of [
      'unknown',
      'my-api.other',
      'my-api-shop',
      'xmy-api',
      `x${host}`,
      'my-api.shop.svc.cluster.local.x',
    ]) {
      expect(says(name)).toEqual([false, false])
    }
  })
})

describe('addresses', () => {
  test.each([
    ['http://prometheus:9090', { kind: 'http', url: 'http://prometheus:9090' }],
    [' https://a.example.com/prom/ ', { kind: 'http', url: 'https://a.example.com/prom' }],
    ['https://a.example.com/prom/api/v1', { kind: 'http', url: 'https://a.example.com/prom' }],
    ['http://[::1]:9090/', { kind: 'http', url: 'http://[::1]:9090' }],
    [
      'k8s://istio-system/prometheus:9090',
      { kind: 'k8s', namespace: 'istio-system', service: 'prometheus', port: '9090', scheme: 'http' },
    ],
    [
      'k8s://m/prometheus',
      { kind: 'k8s', namespace: 'm', service: 'prometheus', port: '9090', scheme: 'http' },
    ],
    [
      'k8s://m/p:http-web/?scheme=https',
      { kind: 'k8s', namespace: 'm', service: 'p', port: 'http-web', scheme: 'https' },
    ],
  ])('%s', (text, address) => expect(parsePrometheusUrl(text)).toEqual(address))

  test.each([
    '',
    'prometheus:9090',
    'ftp://a',
    'http://a/?x=1',
    'http://a/#graph',
    'k8s://ns',
    'k8s://ns/',
    'k8s://NS/p:1',
    'k8s://ns/p:0',
    'k8s://ns/p:70000',
    'k8s://ns/p/x:1',
    'k8s://ns/../p:1',
    'k8s://ns/p:1?scheme=ftp',
  ])('%j is refused, saying what is allowed', (text) => {
    expect(() => parsePrometheusUrl(text)).toThrow(/prometheus-url: .*k8s:\/\/namespace\/service:port/)
    expect(() => parsePrometheusUrl(text)).toThrow(
      expect.objectContaining({
        code: 'invalid-input',
        details: expect.objectContaining({ field: 'prometheus-url', allowed: expect.any(String) }),
      }),
    )
  })

  test('credentials in an address are not repeated', () => {
    for (const text of ['https://user:pa55@host', 'ftp://user:pa55@host', 'k8s://user:pa55@ns/p:1']) {
      try {
        parsePrometheusUrl(text)
        throw new Error('let through')
      } catch (error) {
        expect(`${(error as Error).message} ${JSON.stringify(error)}`).not.toContain('pa55')
        expect((error as Error).message).not.toBe('let through')
      }
    }
  })
})

describe('history', () => {
  test('sums as the dispersion estimate defines them', () => {
    const v = (3 * 0.25 * 0.75 * (40 - 3)) / 39
    const history: PodCounts[][] = [
      [
        [10, 2],
        [30, 1],
        [0, 0],
      ],
      [
        [10, 1],
        [10, 0],
      ],
      [[50, 3]],
      [
        [10, 0],
        [10, 0],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    ]
    const w = (1 * 0.5 * 0.5 * 19) / 19
    const sums = calibrate(history)
    expect(sums).toEqual({
      n: 132 + 0,
      b: 9,
      S1: expect.any(Number),
      S2: expect.any(Number),
      S4: expect.any(Number),
      df: 1,
    })
    expect(sums.S1).toBeCloseTo((2 - 0.75) ** 2 + (1 - 2.25) ** 2 + 0.5, 12)
    expect(sums.S2).toBeCloseTo(2 * v + 2 * w, 12)
    expect(sums.S4).toBeCloseTo(2 * v * v + 2 * w * w, 12)
  })

  test('nothing gives nothing', () => {
    expect(calibrate([])).toEqual({ n: 0, b: 0, S1: 0, S2: 0, S4: 0, df: 0 })
  })
})

describe('choices', () => {
  test.each([
    [90, 100, 'source'],
    [89, 100, 'destination'],
    [100, 0, 'source'],
    [0, 0, 'destination'],
    [0, 1, 'destination'],
  ])('source %d, destination %d: %s', (source, destination, reporter) => {
    expect(chooseReporter({ source, destination })).toBe(reporter)
  })

  const versions = {
    canary: { workload: 'api-v2', version: 'v2', revision: '1.0' },
    stable: { workload: 'api-v1', version: 'v1', revision: '1.0' },
  }
  const answer = (label: string, counts: Record<string, number>) => ({
    series: Object.entries(counts).map(([value, count]) => ({
      labels: { [label]: value },
      samples: [[0, count] as const],
    })),
    warnings: [],
  })

  test('labels that are alike for both versions are no candidates; the reporter’s pod only where pods report', () => {
    const labels = (reporter: 'source' | 'destination') =>
      candidates(versions, reporter).map(({ label }) => label)
    expect(labels('source')).toEqual(['destination_workload', 'destination_version'])
    expect(labels('destination')).toEqual(['destination_workload', 'destination_version', 'pod'])
  })

  test.each<[string, Record<string, Record<string, number>>, string | null, string[]]>([
    [
      'both seen',
      { destination_workload: { 'api-v1': 9, 'api-v2': 1 } },
      'destination_workload',
      ['api-v1', 'api-v2'],
    ],
    [
      'only stable seen so far',
      { destination_workload: { 'api-v1': 9 } },
      'destination_workload',
      ['api-v1'],
    ],
    [
      'one is removed by telemetry, another proves itself',
      { destination_workload: { '': 9 }, destination_version: { v1: 8, v2: 1 } },
      'destination_version',
      ['v1', 'v2'],
    ],
    [
      'pods of the Deployments',
      { pod: { 'api-v1-7c9f5d-abcde': 5, 'api-v2-6b8d4f-fghij': 2 } },
      'pod',
      ['api-v1-7c9f5d-abcde', 'api-v2-6b8d4f-fghij'],
    ],
    ['none', { destination_workload: { other: 3 } }, null, []],
  ])('%s', (_name, shown, label, seen) => {
    const proofs = candidates(versions, 'destination').map((one) =>
      proofOf(one, answer(one.label, shown[one.label] ?? {})),
    )
    const chosen = chooseLabel(proofs)
    expect(chosen?.label ?? null).toBe(label)
    expect(chosen?.seen ?? []).toEqual(seen)
  })
})

describe('latency', () => {
  const bounds = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000]

  test('bounds are read in both spellings, infinity is none', () => {
    const series = ['+Inf', '250.0', '250', '0.5', '10'].map((le) => ({
      labels: { le },
      samples: [[0, 1] as const],
    }))
    expect(boundsOf({ series, warnings: [] })).toEqual([0.5, 10, 250])
  })

  test.each<[number, number[], number | null]>([
    [250, bounds, 250],
    [300, bounds, 250],
    [400, bounds, 500],
    [0.1, bounds, 0.5],
    [9e9, bounds, 1000],
    [20, [10, 40], 40],
    [300, [], null],
  ])('%d ms', (threshold, known, bound) => expect(snapBound(known, threshold)).toBe(bound))

  test.each<[number, string[], string[]]>([
    [250, ['250', '250.0', '+Inf'], ['2500', '25', '250.5', '1250', 'Inf']],
    [0.5, ['0.5', '+Inf'], ['0.5.0', '005', '0']],
  ])('the bound %d matches what Prometheus 2 and 3 write', (bound, yes, no) => {
    const matchers = durationMatchers(host, 'source', bound)
    expect(mistakes(selector(durationMetric, matchers))).toBe(0)
    const pattern = new RegExp(`^(?:${matchers.find(({ label }) => label === 'le')?.value})$`)
    for (const le of yes) expect(pattern.test(le)).toBe(true)
    for (const le of no) expect(pattern.test(le)).toBe(false)
  })
})
