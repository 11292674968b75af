import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { infrastructurePoints, periodsQuery } from '../../src/metrics/operations/infrastructure.ts'
import { latencyQuantile, latencyView } from '../../src/metrics/operations/latency-quantiles.ts'
import { countRatio, ratioCalibration } from '../../src/metrics/ratio.ts'
import { readingOf, readingsOf } from '../../src/metrics/readings.ts'
import { fillTemplate, type Sides } from '../../src/metrics/templates.ts'
import type { QueryResult, ResultSeries } from '../../src/release/query-source.ts'

const sides: Sides = {
  namespace: 'shop',
  service: 'api',
  host: 'api.shop.svc.cluster.local',
  source: { reporter: 'source', label: 'destination_workload', canary: 'api-v2', stable: 'api-v1' },
  canary: { version: 'v2', workload: 'api-v2' },
  stable: { version: 'v1', workload: 'api-v1' },
}

describe('templates of queries', () => {
  test.each([
    ['x{ {{canary}} }', 'canary', 'x{ destination_workload="api-v2" }'],
    ['x{{{canary}}}', 'stable', 'x{destination_workload="api-v1"}'],
    [
      'x{{{canary}}} / y{{{stable}}}',
      'stable',
      'x{destination_workload="api-v1"} / y{destination_workload="api-v2"}',
    ],
    ['x{v="{{ canary.version }}"}', 'stable', 'x{v="v1"}'],
    ['x{w="{{canary.workload}}",n="{{namespace}}"}', 'canary', 'x{w="api-v2",n="shop"}'],
    ['x{s="{{service}}",h="{{host}}"}', 'stable', 'x{s="api",h="api.shop.svc.cluster.local"}'],
    ['x{pod=~"{{canary.pods}}"}', 'canary', 'x{pod=~"api-v2-[a-z0-9]{1,10}-[a-z0-9]{5}"}'],
  ] as const)('%s for %s', (template, side, query) => {
    expect(fillTemplate(template, sides, side)).toBe(query)
  })

  test('where pods tell the versions apart the condition is one of their names', () => {
    const byPod = { ...sides, source: { ...sides.source, label: 'pod' } }
    expect(fillTemplate('x{ {{canary}} }', byPod)).toBe('x{ pod=~"api-v2-[a-z0-9]{1,10}-[a-z0-9]{5}" }')
  })

  test('no value leaves its string', () => {
    const nasty = fc.string({ unit: fc.constantFrom(...'"\\{}[]()|.*a\n\t'), maxLength: 12 })
    fc.assert(
      fc.property(nasty, (text) => {
        const odd = {
          ...sides,
          source: { ...sides.source, canary: text },
          canary: { version: text, workload: text },
        }
        for (const template of [
          'x{ {{canary}} }',
          'x{a="{{canary.version}}"}',
          'x{a="{{canary.workload}}"}',
        ]) {
          const query = fillTemplate(template, odd)
          // one selector whose only string is the value, whatever the value is
          expect(query).toMatch(/^x\{ ?[a-z_]+="(?:[^"\\\n]|\\.)*" ?\}$/)
        }
      }),
    )
  })
})

const grid = { start: 1_000_000, interval: 15_000, last: 9 }
const at = (index: number) => grid.start + index * grid.interval

function series(labels: Record<string, string>, values: (number | null)[]): ResultSeries {
  const samples = values.flatMap((value, index) => (value === null ? [] : [[at(index), value] as const]))
  return { labels, samples }
}

const answer = (...all: ResultSeries[]): QueryResult => ({ series: all, warnings: [] })
const alive = answer(series({}, Array(10).fill(3)))
const none = answer()

describe('ratios of the user’s own counters', () => {
  const count = (total: ResultSeries[], bad: ResultSeries[] = [], heartbeat = alive) =>
    countRatio(grid, {
      heartbeat,
      canary: { total: answer(...total), bad: answer(...bad) },
      stable: { total: none, bad: none },
    }).points.map(({ canary }) => canary)

  test.each<[string, (number | null)[], number[]]>([
    ['what was there before is the base', [7, 9, 9, 12], [0, 2, 2, 5]],
    ['what shows up later counts from zero', [null, 4, 6], [0, 4, 6]],
    ['a fall below half is a restart', [100, 110, 3, 5], [0, 10, 13, 15]],
    ['another fall waits until it has caught up', [100, 110, 108, 111], [0, 10, 10, 11]],
    ['a hole adds nothing twice', [100, 110, null, 130], [0, 10, 10, 30]],
  ])('%s', (_, values, totals) => {
    const counted = count([series({ pod: 'a' }, values)])
    expect(counted.slice(0, totals.length).map((counts) => counts?.total)).toEqual(totals)
  })

  test('series add up, and pods that end stay counted', () => {
    const counted = count(
      [series({ pod: 'a' }, [0, 5, 10]), series({ pod: 'b' }, [0, 1, 2, 3, 4])],
      [series({ pod: 'a' }, [null, 1, 2])],
    )
    expect(counted[4]).toEqual({ total: 14, bad: 2 })
    expect(counted[9]).toEqual({ total: 14, bad: 2 })
  })

  test('a point without any scrape, or with more bad than all, is none', () => {
    const beat = answer(series({}, [1, 1, null, 1, 1, 1, 1, 1, 1, 1]))
    const counted = count([series({}, [0, 1, 2, 3, 4])], [series({}, [0, 0, 0, 0, 9])], beat)
    expect(counted[2]).toBeNull()
    expect(counted[3]).toEqual({ total: 3, bad: 0 })
    expect(counted[4]).toBeNull()
  })

  test('a new series after an outage may be older than it looks: it is a base', () => {
    const beat = answer(series({}, [1, 1, null, null, 1, 1, 1, 1, 1, 1]))
    expect(count([series({}, [null, null, null, null, 50, 52])], [], beat)[5]?.total).toBe(2)
  })

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('%d is no count', (value) => {
    expect(() => count([series({}, [0, value])])).toThrow('no count of events')
  })

  test('whatever restarts, what is counted is what happened', () => {
    const life = fc.array(fc.record({ n: fc.integer({ min: 1, max: 9 }), restart: fc.boolean() }), {
      minLength: 9,
      maxLength: 9,
    })
    fc.assert(
      fc.property(life, (steps) => {
        let counter = 1000
        let sum = 0
        const values = [counter]
        for (const { n, restart } of steps) {
          // a counter so large that what it shows after a restart is below half of it
          counter = restart && counter >= 1000 ? n : counter + n
          sum += n
          values.push(counter)
        }
        expect(count([series({}, values)])[9]?.total).toBe(sum)
      }),
    )
  })

  test('its history tells stable’s rate and no dispersion', () => {
    const points = [{ t: 0, canary: null, stable: { total: 200, bad: 3 }, unreached: null, abandoned: 0 }]
    expect(ratioCalibration({ points, notes: [] })).toEqual({ n: 200, b: 3, S1: 0, S2: 0, S4: 0, df: 0 })
    expect(ratioCalibration({ points: [], notes: [] })).toBeNull()
  })
})

describe('readings of a query', () => {
  test.each<[number[], string]>([
    [[4.5], 'value'],
    [[], 'no-data'],
    [[Number.NaN], 'no-data'],
    [[1, 2], 'bad-data'],
    [[Number.POSITIVE_INFINITY], 'bad-data'],
    [[Number.NEGATIVE_INFINITY], 'bad-data'],
  ])('%j is %s', (values, outcome) => {
    expect(readingOf(values).outcome).toBe(outcome)
  })

  test('each grid point has one', () => {
    const seen = readingsOf(
      { ...grid, last: 3 },
      answer(series({}, [1, null, 3]), series({ a: 'b' }, [null, null, 4])),
    )
    expect(seen.map(({ t, outcome }) => `${t} ${outcome}`)).toEqual([
      '0 value',
      '15 no-data',
      '30 bad-data',
      '45 no-data',
    ])
  })
})

describe('what lies beneath', () => {
  const beneath = {
    canary: { workload: 'api-v2', nodes: [{ name: 'node-1', ip: '10.0.0.1' }] },
    stable: { workload: 'api-v1', nodes: [{ name: 'node-2', ip: null }] },
  }
  const nothing = { steal: null, names: null, throttled: null, periods: null }

  test('nothing measured is nothing known', () => {
    expect(infrastructurePoints(grid, nothing, beneath)).toEqual([])
    expect(
      infrastructurePoints(grid, { steal: none, names: none, throttled: none, periods: none }, beneath),
    ).toEqual([])
  })

  test.each([
    ['10.0.0.1:9100', none],
    ['node-1', none],
    ['exporter-x:9100', answer(series({ instance: 'exporter-x:9100', nodename: 'node-1' }, [1]))],
  ])('the node behind %s is found', (instance, names) => {
    const steal = answer(series({ instance }, [0.3]), series({ instance: '10.9.9.9:9100' }, [0.9]))
    const [point] = infrastructurePoints(grid, { ...nothing, steal, names }, beneath)
    expect(point?.canary).toEqual({ steal: 0.3, throttled: null })
    expect(point?.stable).toEqual({ steal: null, throttled: null })
  })

  test('throttling is that of a side’s own pods, all of them together', () => {
    const pods = ['api-v2-6c9d5b7f4-abcde', 'api-v2-6c9d5b7f4-fghij', 'api-v2-other-thing-xx']
    const throttled = answer(
      series({ pod: pods[0] as string }, [4]),
      series({ pod: pods[2] as string }, [10]),
    )
    const periods = answer(...pods.map((pod) => series({ pod }, [10])))
    const [point] = infrastructurePoints(grid, { ...nothing, throttled, periods }, beneath)
    expect(point?.canary).toEqual({ steal: null, throttled: 0.2 })
    expect(point?.stable.throttled).toBeNull()
    expect(periodsQuery('throttled_', 'shop', ['api-v2'])).toContain('container="istio-proxy"')
  })
})

describe('percentiles for information', () => {
  test('are estimated within their bucket, and never beyond the last bound', () => {
    const buckets = [
      [10, 50],
      [20, 90],
      [Number.POSITIVE_INFINITY, 100],
    ] as const
    expect(latencyQuantile(buckets, 0.5)).toBe(10)
    expect(latencyQuantile(buckets, 0.7)).toBe(15)
    expect(latencyQuantile(buckets, 0.95)).toBe(20)
  })

  test('both sides apart, and nothing where nothing was asked', () => {
    const bucket = (destination_workload: string, le: string, value: number) =>
      series({ destination_workload, le }, [value])
    const view = latencyView(
      answer(bucket('api-v2', '100', 10), bucket('api-v2', '200', 10), bucket('api-v2', '+Inf', 10)),
      sides.source,
    )
    expect(view).toEqual({ canary: [50, 95, 99], stable: null })
  })
})
