import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { GateHistory } from '../../src/gates/gate-source.ts'
import { readingOf, readingsOf } from '../../src/gates/query/readings.ts'
import { countEvents, eventCalibration } from '../../src/gates/ratio/event-counts.ts'
import { ratio } from '../../src/gates/ratio/ratio.ts'
import { fillTemplate, type Sides, sideTemplate } from '../../src/gates/template.ts'
import type { QueryResult, ResultSeries } from '../../src/release/evidence/query-source.ts'

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

  test('what is written for the canary is turned around for stable', () => {
    expect(sideTemplate('a{{{canary}}} - b{pod=~"{{stable.pods}}"}', 'stable')).toBe(
      'a{{{stable}}} - b{pod=~"{{canary.pods}}"}',
    )
    expect(sideTemplate('a{{{canary}}}', 'canary')).toBe('a{{{canary}}}')
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
    countEvents(grid, {
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
    ['a rise that falls back never happened', [100, 110, 150, 112, 114, 116], [0, 10, 14, 14, 14, 16]],
    [
      'a rise far beyond all others waits for the next scrape',
      [100, 110, 30_000_110, 120, 130],
      [0, 10, 10, 20, 30],
    ],
    [
      'and counts where another scrape shows it too',
      [100, 110, 30_000_110, 30_000_120, 30_000_130],
      [0, 10, 10, 30_000_020, 30_000_030],
    ],
    ['the first sight of a series may be wrong too', [null, 30_000_000, 4, 6], [0, 0, 4, 6]],
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

  test('what the store remarks on its counters is told before the release and while it runs', async () => {
    const remarked = (text: string) => ({ series: [series({}, [0, 5])], warnings: [text] })
    const both = { bad: none, total: remarked('PromQL info: metric might not be a counter') }
    const { notes } = countEvents(grid, { heartbeat: alive, canary: both, stable: both })
    const text = 'Prometheus remarks: PromQL info: metric might not be a counter'
    expect(notes).toEqual([{ t: 0, kind: 'info', instance: '*', text }])
    const calibration = { n: 9, b: 0, S1: 0, S2: 0, S4: 0, df: 0 }
    const preparation = (found: typeof calibration | null, annotations: string[]) =>
      ratio.prepare({ name: 'r', type: 'ratio', mode: 'enforce', bad: 'b', total: 't' }, {
        events: async () => ({ calibration: found, annotations }),
      } as unknown as GateHistory)
    expect(await preparation(calibration, [text])).toEqual({ calibration, note: { wrong: false, text } })
    expect(await preparation(calibration, [])).toEqual({ calibration })
    expect(await preparation(null, [text])).toEqual({
      note: { wrong: false, text: `its counters showed no events of stable before the release. ${text}` },
    })
  })

  test('its history tells stable’s rate and no dispersion', () => {
    const points = [{ t: 0, canary: null, stable: { total: 200, bad: 3 }, unreached: null, abandoned: 0 }]
    expect(eventCalibration({ points, notes: [] })).toEqual({ n: 200, b: 3, S1: 0, S2: 0, S4: 0, df: 0 })
    expect(eventCalibration({ points: [], notes: [] })).toBeNull()
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
