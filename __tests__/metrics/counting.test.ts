import { describe, expect, test } from '@jest/globals'
import { requestOutcome } from '../../src/metrics/counting/classes.ts'
import {
  type CountingInput,
  countRequests,
  countRoutes,
  noFollowUpAnswers,
} from '../../src/metrics/counting/counting.ts'
import { type FollowUp, followUpKey } from '../../src/metrics/counting/target-series.ts'
import type { QueryResult, ResultSeries } from '../../src/release/evidence/query-source.ts'
import { Failure } from '../../src/release/failure.ts'

const start = 1_700_000_000_000
const interval = 15_000

/** Shown is one series on the grid, `null` where it shows nothing. */
interface Shown {
  pod?: string
  side?: string
  code?: string
  flags?: string
  grpc?: string
  values: (number | null)[]
}

const empty: QueryResult = { series: [], warnings: [] }

function gridSeries(labels: Record<string, string>, values: (number | null)[]): ResultSeries {
  return {
    labels,
    samples: values.flatMap((value, index): [number, number][] =>
      value === null ? [] : [[start + index * interval, value]],
    ),
  }
}

/** where names a target; `pod@port` is another port of the same pod. */
const where = (name: string) => {
  const [pod = '', port = '15020'] = name.split('@')
  return { instance: `${pod}:${port}`, pod }
}

function requests(rows: Shown[]): QueryResult {
  const series = rows.map((row) =>
    gridSeries(
      {
        ...where(row.pod ?? 'a'),
        destination_workload: row.side ?? 'v2',
        response_code: row.code ?? '200',
        response_flags: row.flags ?? '-',
        ...(row.grpc === undefined ? {} : { grpc_response_status: row.grpc }),
        request_protocol: row.grpc === undefined ? 'http' : 'grpc',
      },
      row.values,
    ),
  )
  return { series, warnings: [] }
}

interface Case {
  rows: Shown[]
  unreached?: (number | null)[]
  /** Seconds after the release start, by pod, on the grid. */
  proxy?: Record<string, (number | null)[]>
  process?: Record<string, (number | null)[]>
  births?: Record<string, number>
  heartbeat?: (number | null)[]
  points: number
}

const starts = (table: Record<string, (number | null)[]> = {}): QueryResult => ({
  series: Object.entries(table).map(([pod, values]) =>
    gridSeries(
      where(pod),
      values.map((value) => (value === null ? null : start / 1000 + value)),
    ),
  ),
  warnings: [],
})

function answersOf(given: Case): CountingInput {
  const { births = {}, points, heartbeat = Array(points).fill(3) } = given
  return {
    grid: { start, interval, last: points - 1 },
    scheme: { label: 'destination_workload', canary: 'v2', stable: 'v1' },
    requests: requests(given.rows),
    unreached: given.unreached
      ? [{ series: [gridSeries(where('gateway'), given.unreached)], warnings: [] }]
      : [],
    proxyStarts: starts(given.proxy),
    processStarts: starts(given.process),
    heartbeat: { series: [gridSeries({}, heartbeat)], warnings: [] },
    expectedRate: 10,
    podBirths: Object.fromEntries(Object.entries(births).map(([pod, s]) => [pod, start + s * 1000])),
    followUpAnswers: noFollowUpAnswers(),
  }
}

function totals(answers: CountingInput, side: 'canary' | 'stable' = 'canary') {
  return countRequests(answers).series.points.map((point) => point[side]?.total ?? null)
}

test('what the store remarks on its answers is told once, and makes none of them wrong', () => {
  const given = answersOf({ rows: [{ values: [1, 3] }], points: 2 })
  const annotation = 'PromQL info: metric might not be a counter'
  const annotated = { ...given, requests: { ...given.requests, warnings: [annotation, annotation] } }
  const { points, notes } = countRequests(annotated).series
  expect(notes).toEqual([{ t: 0, kind: 'info', instance: '*', text: `Prometheus remarks: ${annotation}` }])
  expect(points).toEqual(countRequests(given).series.points)
})

describe('classes', () => {
  test.each<[string, string, string, string]>([
    ['200', '-', '', 'good'],
    ['404', '-', '', 'good'],
    ['499', '-', '', 'good'],
    ['500', '-', '', 'bad'],
    ['503', 'UF,URX', '', 'bad'],
    ['599', '-', '', 'bad'],
    ['503', 'DC', '', 'bad'],
    ['0', 'DC', '', 'abandoned'],
    ['0', 'UT,DC', '', 'abandoned'],
    ['0', 'DCX', '', 'bad'],
    ['0', '-', '', 'bad'],
    ['0', '', '', 'bad'],
    ['200', '-', '0', 'good'],
    ['200', '-', '1', 'good'],
    ['200', '-', '2', 'bad'],
    ['200', '-', '3', 'good'],
    ['200', '-', '4', 'bad'],
    ['200', '-', '5', 'good'],
    ['200', '-', '7', 'good'],
    ['200', '-', '8', 'bad'],
    ['200', '-', '11', 'good'],
    ['200', '-', '12', 'bad'],
    ['200', '-', '13', 'bad'],
    ['200', 'UH', '14', 'bad'],
    ['200', '-', '15', 'bad'],
    ['200', '-', '16', 'good'],
    ['0', 'DC', '1', 'abandoned'],
  ])('code %s, flags %s, grpc %s: %s', (response_code, response_flags, grpc_response_status, outcome) => {
    expect(requestOutcome({ response_code, response_flags, grpc_response_status })).toBe(outcome)
  })

  test('telemetry without a code counts nothing: it would hide every error', () => {
    expect(() => requestOutcome({ response_flags: '-' })).toThrow(
      expect.objectContaining({ code: 'bad-answer' }),
    )
  })
})

describe('what a target adds', () => {
  test.each<[string, Case, (number | null)[], string[]]>([
    [
      'differences from the first point on',
      { points: 3, rows: [{ values: [100, 110, 125] }] },
      [0, 10, 25],
      [],
    ],
    [
      'a class that appears counts from zero',
      { points: 3, rows: [{ values: [9, 9, 9] }, { code: '503', values: [null, 3, 5] }] },
      [0, 3, 5],
      [],
    ],
    [
      'below half without a start time: a restart',
      { points: 3, rows: [{ values: [100, 49, 60] }] },
      [0, 49, 60],
      ['restart'],
    ],
    [
      'half without a start time: a gap, nothing counted twice',
      { points: 4, rows: [{ values: [100, 50, 99, 104] }] },
      [0, 0, 0, 4],
      ['gap'],
    ],
    [
      'a replica that is behind',
      { points: 5, rows: [{ values: [100, 98, 105, 103, 110] }] },
      [0, 0, 5, 5, 10],
      ['gap', 'gap'],
    ],
    [
      'a proxy that started anew: all it shows is new, though nothing fell',
      { points: 3, rows: [{ values: [10, 12, 13] }], proxy: { a: [-900, 10, 10] } },
      [0, 12, 13],
      ['restart'],
    ],
    [
      'a fall while the proxy is the same: a gap, however deep',
      { points: 3, rows: [{ values: [100, 3, 101] }], proxy: { a: [-900, -900, -900] } },
      [0, 0, 1],
      ['gap'],
    ],
    [
      'another process started and counters fell: a restart',
      { points: 3, rows: [{ values: [100, 90, 95] }], process: { a: [-900, 10, 10] } },
      [0, 90, 95],
      ['restart'],
    ],
    [
      'another process started and nothing fell: the application',
      { points: 3, rows: [{ values: [100, 120, 125] }], process: { a: [-900, 10, 10] } },
      [0, 20, 25],
      [],
    ],
    [
      'a start time that wobbles is the same start',
      { points: 2, rows: [{ values: [100, 120] }], proxy: { a: [-900, -899.5] } },
      [0, 20],
      [],
    ],
    [
      'a hole in the middle costs time, no requests',
      { points: 4, rows: [{ values: [10, null, null, 40] }, { pod: 'b', side: 'v1', values: [1, 1, 1, 1] }] },
      [0, null, null, 30],
      ['gap'],
    ],
    [
      'a class that vanishes while its target is scraped: a gap, counted on when it is back',
      {
        points: 6,
        rows: [{ values: [90, 95, null, null, 99, 100] }, { code: '503', values: [5, 5, 6, 7, 7, 8] }],
      },
      [0, 5, 6, 7, 11, 13],
      [],
    ],
    [
      'a class that vanishes without any start time is no restart of the others',
      { points: 4, rows: [{ values: [1000, null, null, 1001] }, { code: '503', values: [3, 4, 5, 5] }] },
      [0, 1, 2, 3],
      [],
    ],
    [
      'one scrape far too high never counts, though no start time is known',
      { points: 5, rows: [{ values: [9000, 9010, 30_009_020, 9030, 9040] }] },
      [0, 10, 10, 30, 40],
      ['gap'],
    ],
    [
      'the same scrape shown several times is no proof of what it shows',
      {
        points: 6,
        rows: [{ values: [10, 9_000_010, 9_000_010, 9_000_010, 40, 50] }],
        proxy: { a: Array(6).fill(-9) },
      },
      [0, 0, 0, 0, 30, 40],
      ['gap'],
    ],
    [
      'a great rise that the next scrape confirms counts',
      { points: 4, rows: [{ values: [10, 900_010, 900_020, 900_030] }] },
      [0, 0, 900_010, 900_020],
      ['gap'],
    ],
    [
      'far too high from the first point of a new class on',
      { points: 4, rows: [{ values: [10, 20, 30, 40] }, { code: '503', values: [null, 3_000_000, 0, 1] }] },
      [0, 10, 20, 31],
      ['gap'],
    ],
    [
      'a small rise that falls back without a restart never happened',
      { points: 6, rows: [{ code: '503', values: [5, 55, 5, 5, 6, 6] }], proxy: { a: Array(6).fill(-900) } },
      [0, 0, 0, 0, 1, 1],
      ['gap', 'gap'],
    ],
    [
      'a rise that fell back in part stays for the rest',
      { points: 5, rows: [{ values: [100, 110, 160, 130, 130] }], proxy: { a: Array(5).fill(-900) } },
      [0, 10, 30, 30, 30],
      ['gap', 'gap'],
    ],
    [
      'lost for good: counted on from what is left after 5 minutes',
      { points: 24, rows: [{ values: [100, ...Array(22).fill(80), 85] }] },
      [...Array(23).fill(0), 5],
      ['gap'],
    ],
  ])('%s', (_name, given, expected, kinds) => {
    const answers = answersOf(given)
    expect(totals(answers)).toEqual(expected)
    expect(countRequests(answers).series.notes.map((note) => note.kind)).toEqual(kinds)
  })
})

describe('targets that come later', () => {
  const old: Shown = { pod: 'old', side: 'v1', values: [5, 5, 5, 5] }
  const late: Shown = { pod: 'new', values: [null, null, 7, 9] }

  test.each<[string, Partial<Case>, boolean | undefined, number[], string[]]>([
    [
      'a pod younger than the point before counts from zero',
      { births: { new: 16 } },
      undefined,
      [0, 0, 7, 9],
      [],
    ],
    [
      'a pod born in the release, scraped late, counts from zero too',
      { births: { new: 2 } },
      undefined,
      [0, 0, 7, 9],
      ['late'],
    ],
    [
      'the start of its process says so as well',
      { process: { new: [null, null, 20, 20] } },
      undefined,
      [0, 0, 7, 9],
      [],
    ],
    [
      'an old pod that was scraped and had nothing to show',
      { births: { new: -500 } },
      true,
      [0, 0, 7, 9],
      [],
    ],
    ['an old pod that was not scraped: a return', { births: { new: -500 } }, false, [0, 0, 0, 2], ['return']],
    ['nothing known of it, not scraped: a return', {}, false, [0, 0, 0, 2], ['return']],
  ])('%s', (_name, more, scraped, expected, kinds) => {
    const answers = answersOf({ points: 4, rows: [old, late], ...more })
    const followUps = countRequests(answers).followUps.filter((followUp) => followUp.kind === 'scraped')
    expect(followUps.map((followUp) => [followUp.instance, followUp.index])).toEqual(
      scraped === undefined ? [] : [['new:15020', 1]],
    )
    for (const followUp of followUps)
      answers.followUpAnswers.scraped.set(followUpKey(followUp), scraped === true)
    expect(totals(answers)).toEqual(expected)
    expect(countRequests(answers).series.notes.map((note) => note.kind)).toEqual(kinds)
  })

  test('a target known from before goes on from where it stood, whatever the hole', () => {
    const answers = answersOf({ points: 4, rows: [old, { pod: 'b', values: [3, null, null, 8] }] })
    expect(countRequests(answers).followUps).toEqual([])
    expect(totals(answers)).toEqual([0, null, null, 5])
  })
})

describe('a closer look', () => {
  const raw = (code: string, samples: [number, number][]): ResultSeries => ({
    labels: {
      ...where('a'),
      job: 'pods',
      destination_workload: 'v2',
      response_code: code,
      source_workload: 'web',
    },
    samples: samples.map(([s, value]) => [start + s * 1000, value]),
  })

  test('finds what was counted between the last point and the restart, and no ghosts after it', () => {
    // 503 stands still for a while after the restart: its last value of before, not a count
    const answers = answersOf({
      points: 5,
      rows: [{ values: [100, 30, 40, 45, 50] }, { code: '503', values: [4, 6, 6, 2, 3] }],
    })
    const followUp = countRequests(answers).followUps[0] as FollowUp
    expect(followUp).toEqual({
      kind: 'samples',
      target: JSON.stringify(['a:15020', 'a']),
      instance: 'a:15020',
      pod: 'a',
      from: 0,
      until: 4,
    })
    answers.followUpAnswers.samples.set(followUpKey(followUp), {
      requests: {
        series: [
          raw('200', [
            [-5, 100],
            [5, 120],
            [14, 30],
            [25, 40],
            [40, 45],
            [55, 50],
          ]),
          raw('503', [
            [-5, 4],
            [5, 6],
            [40, 2],
            [55, 3],
          ]),
        ],
        warnings: [],
      },
      unreached: [],
      proxyStarts: empty,
      processStarts: empty,
    })
    const { series, followUps } = countRequests(answers)
    expect(followUps).toEqual([])
    expect(series.points.map((point) => point.canary)).toEqual([
      { total: 0, bad: 0 },
      { total: 52, bad: 2 },
      { total: 62, bad: 2 },
      { total: 69, bad: 4 },
      { total: 75, bad: 5 },
    ])
    expect(series.notes.map(({ t, kind }) => [t, kind])).toEqual([[15, 'restart']])
  })
})

describe('sides and points', () => {
  test('sides, abandoned and unreached are kept apart', () => {
    const answers = answersOf({
      points: 2,
      rows: [
        { values: [10, 20] },
        { code: '500', values: [1, 3] },
        { code: '0', flags: 'DC', values: [5, 9] },
        { pod: 'b', side: 'v1', values: [100, 190] },
        { pod: 'b', side: 'v1', grpc: '14', values: [2, 3] },
        { pod: 'b', side: 'unknown', code: '503', flags: 'UH', values: [0, 4] },
      ],
      unreached: [7, 11],
    })
    expect(countRequests(answers).series.points[1]).toEqual({
      t: 15,
      largestRise: 12,
      answers: { canary: { '200': 10, '500': 2 }, stable: { '200': 90, 'grpc 14': 1 } },
      canary: { total: 12, bad: 2 },
      stable: { total: 91, bad: 1 },
      unreached: 4,
      abandoned: 4,
    })
  })

  test('a proxy that two jobs read on two ports counts once', () => {
    const values = [1, 5, 6]
    const rows = [
      { pod: 'a@15090', values },
      { values },
      { pod: 'b', values: [null, 2, 3] },
      { pod: 'b@15090', values: [null, null, 3] },
    ]
    expect(totals(answersOf({ points: 3, rows, births: { b: 1 } }))).toEqual([0, 6, 8])
  })

  test('a side without a series before its first request has none, not nothing', () => {
    expect(totals(answersOf({ points: 3, rows: [{ pod: 'b', side: 'v1', values: [4, 5, 6] }] }))).toEqual([
      0, 0, 0,
    ])
  })

  test('no series of the host yet: zero while Prometheus scrapes, nothing while it does not', () => {
    const answers = answersOf({
      points: 4,
      rows: [{ values: [null, null, null, 3] }],
      births: { a: 31 },
      heartbeat: [null, 4, 4, 4],
    })
    expect(totals(answers)).toEqual([null, 0, 0, 3])
  })

  test('nothing at all where there was something: Prometheus lost it, so nobody knows', () => {
    const answers = answersOf({ points: 5, rows: [{ values: [3, 5, null, null, 9] }] })
    const { series } = countRequests(answers)
    expect(series.points.map((point) => [point.canary?.total ?? null, point.unreached])).toEqual([
      [0, 0],
      [2, 0],
      [null, null],
      [null, null],
      [6, 0],
    ])
    expect(series.notes).toEqual([
      { t: 30, kind: 'gap', instance: '*', text: expect.stringContaining('nothing to show') },
    ])
  })

  test.each([1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])('%d is no count', (value) => {
    expect(() => countRequests(answersOf({ points: 2, rows: [{ values: [0, value] }] }))).toThrow(Failure)
  })
})

describe('other readings', () => {
  const labelled = (labels: Record<string, string>, values: (number | null)[]) =>
    gridSeries({ ...where('a'), response_code: '200', ...labels }, values)

  test('by speed: what is over the bound is bad, whatever the bound is written like', () => {
    for (const le of ['250', '250.0']) {
      const answers = answersOf({ points: 3, rows: [] })
      answers.scheme = { ...answers.scheme, by: 'speed' }
      answers.requests.series = [
        labelled({ destination_workload: 'v2', le: '+Inf' }, [10, 30, 45]),
        labelled({ destination_workload: 'v2', le }, [10, 28, 40]),
        labelled({ destination_workload: 'v1', le: '+Inf' }, [7, 9, 9]),
      ]
      const { points } = countRequests(answers).series
      expect(points.map(({ canary, stable }) => [canary, stable])).toEqual([
        [
          { total: 0, bad: 0 },
          { total: 0, bad: 0 },
        ],
        [
          { total: 20, bad: 2 },
          { total: 2, bad: 2 },
        ],
        [
          { total: 35, bad: 5 },
          { total: 2, bad: 2 },
        ],
      ])
    }
  })

  test('by route: each route by itself, the busiest first, nameless ones left out', () => {
    const answers = answersOf({ points: 2, rows: [] })
    answers.scheme = { ...answers.scheme, route: 'request_operation' }
    const of = (request_operation: string, response_code: string, values: number[]) =>
      labelled({ destination_workload: 'v2', request_operation, response_code }, values)
    answers.requests.series = [
      of('/cart', '200', [1, 4]),
      of('/list', '200', [1, 90]),
      of('/list', '503', [0, 1]),
      of('/pay', '500', [0, 3]),
      of('', '200', [0, 500]),
    ]
    const routes = countRoutes(answers, 2).map(({ route, series }) => [route, series.points[1]?.canary])
    expect(routes).toEqual([
      ['/list', { total: 90, bad: 1 }],
      ['/cart', { total: 3, bad: 0 }],
    ])
    expect(countRequests(answers).series.points[1]?.canary).toEqual({ total: 596, bad: 4 })
  })
})
