import { describe, expect, test } from '@jest/globals'
import { binomial, gamma, poisson, seeded } from '../../bench/verdict/random.ts'
import { noBaseline, prepareGates } from '../../src/gates/evidence.ts'
import type { GateHistory } from '../../src/gates/gate-source.ts'
import { latencyProfile } from '../../src/gates/latency-profile/latency-profile.ts'
import { activeGates } from '../../src/gates/selection.ts'
import type { CountPoint } from '../../src/release/evidence/counts.ts'
import type { GateAnswer } from '../../src/release/evidence/gate-evidence.ts'
import { Failure } from '../../src/release/failure.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import type { Settings } from '../../src/release/settings.ts'
import { logLine } from '../../src/report/words/events/log-line.ts'
import { latencySpikeSentences } from '../../src/report/words/latency-spike.ts'
import { assess } from '../../src/rollout/evidence/assessment.ts'
import type { GateAssessment } from '../../src/rollout/evidence/gate-assessed.ts'
import { latencySpike, slowBound } from '../../src/rollout/evidence/latency-spike.ts'
import { recordGates } from '../../src/rollout/loop/gate-recording.ts'
import { startGateWatch } from '../../src/rollout/loop/gate-watch.ts'
import { recordSlowRequests } from '../../src/rollout/loop/latency-watch.ts'
import type { LoopMemory } from '../../src/rollout/loop/memory.ts'
import type { Session } from '../../src/rollout/session.ts'
import { entry, release, settings } from '../rollout/release-state.ts'

const bounds = { 'latency-profile 1': 25, 'latency-profile 2': 100, 'latency-profile 3': 250 }
const state = release({
  phase: 'observing',
  step: 0,
  weight: 10,
  stepStates: [entry()],
  gates: { bounds, calibrations: {}, routes: [] },
})
const [gate] = activeGates({ gates: [], profile: 'observe' }).filter(({ type }) => type === 'latency-profile')

/** Shares over 25, 100 and 250 ms of one version at a poll. */
type Slow = (poll: number) => readonly [number, number, number]
const usual: Slow = () => [0.5, 0.05, 0.01]

/** Cumulative counts at each bound: 10%, 40 requests a second; `cv`: both versions' shares move together by so much. */
function measured(
  seed: string,
  canary: Slow,
  stable: Slow,
  { polls = 60, cv = 0, requests = 600 } = {},
): GateAnswer[] {
  const random = seeded(1, seed)
  const sums = { canary: { total: 0, bad: [0, 0, 0] }, stable: { total: 0, bad: [0, 0, 0] } }
  const points: CountPoint[][] = [[], [], []]
  for (let poll = 0; poll <= polls; poll += 1) {
    const moved = cv === 0 ? 1 : gamma(random, 1 / (cv * cv)) * cv * cv
    for (const [side, shares, n] of [
      ['canary', canary, requests / 10],
      ['stable', stable, (requests * 9) / 10],
    ] as const) {
      if (poll === 0 || (side === 'canary' && poll < 3)) continue
      const total = poisson(random, n)
      sums[side].total += total
      let within = total
      let above = 1
      for (const [at, share] of shares(poll).entries()) {
        const now = Math.min(above, share * moved)
        within = binomial(random, within, above === 0 ? 0 : now / above)
        above = now
        sums[side].bad[at] = (sums[side].bad[at] as number) + within
      }
    }
    for (const at of [0, 1, 2]) {
      const side = (name: 'canary' | 'stable') => ({
        total: sums[name].total,
        bad: sums[name].bad[at] as number,
      })
      points[at]?.push({
        t: poll * 15,
        canary: side('canary'),
        stable: side('stable'),
        unreached: 0,
        abandoned: 0,
      })
    }
  }
  return points.map((own, at) => ({
    gate: 'latency-profile',
    route: `over ${[25, 100, 250][at]} ms`,
    kind: 'counts',
    series: { points: own, notes: [] },
    quantiles: { canary: [20, 90, 200], stable: [20, 90, 200] },
  }))
}

function until(answer: GateAnswer, seconds: number): GateAnswer {
  if (answer.kind !== 'counts') return answer
  const points = answer.series.points.filter(({ t }) => t < seconds)
  return { ...answer, series: { ...answer.series, points } }
}

const observing: Settings = { ...settings, profile: 'observe' }

function judged(answers: GateAnswer[], own = observing, of = state) {
  const [first] = answers
  const points = first?.kind === 'counts' ? first.series.points : []
  const failures = points.map((point) => ({
    ...point,
    canary: point.canary && { ...point.canary, bad: 0 },
    stable: point.stable && { ...point.stable, bad: 0 },
  }))
  const until = of.startedAt + (points.at(-1)?.t ?? 0) * 1000
  return assess(of, own, { points: failures, notes: [] }, until, { answers, infrastructure: [] })
}

const proved = (answers: GateAnswer[], own = observing, of = state) =>
  judged(answers, own, of)
    .gates.filter(
      ({ gate: name, verdicts }) => name === 'latency-profile' && verdicts.at(-1)?.verdict === 'fail',
    )
    .map(({ route }) => route)

describe('latency, looked at by default', () => {
  test.each<[string, Slow, string[]]>([
    ['twice as many are slow', () => [0.8, 0.2, 0.06], ['over 25 ms', 'over 100 ms', 'over 250 ms']],
    ['the tail alone is longer', () => [0.5, 0.05, 0.049], ['over 250 ms']],
    ['the canary is faster', () => [0.2, 0.01, 0], []],
    ['half a point more, which is nobody’s concern', () => [0.5, 0.05, 0.015], []],
  ])('%s', (name, canary, expected) => expect(proved(measured(name, canary, usual))).toEqual(expected))

  test('enforced it rolls back, observed it decides nothing, and a first version is compared with nobody', () => {
    const slow = measured('slow', () => [0.9, 0.5, 0.2], usual)
    expect(judged(slow, { ...settings, profile: 'enforce' }).verdict?.verdict).toBe('fail')
    expect(judged(slow).verdict?.verdict).not.toBe('fail')
    expect(proved(slow, observing, { ...state, stable: null })).toEqual([])
    expect(proved(slow, { ...settings, profile: 'off' })).toEqual([])
  })

  test('without bounds that were fixed before, or without an answer, nothing is compared', () => {
    const slow = measured('slow', () => [0.9, 0.5, 0.2], usual)
    expect(proved(slow, observing, { ...state, gates: noBaseline })).toEqual([])
    expect(proved(slow.slice(0, 1))).toEqual(['over 25 ms'])
    expect(proved([])).toEqual([])
  })

  test.each<[string, (answers: GateAnswer[]) => GateAnswer[], Settings['profile'], boolean]>([
    [
      'enforced, the last poll is missing',
      (answers) => answers.map((one) => until(one, 900)),
      'enforce',
      true,
    ],
    ['enforced, it was never answered', () => [], 'enforce', true],
    ['enforced, one bound is in every histogram', (answers) => answers.slice(0, 1), 'enforce', false],
    ['enforced, all is there', (answers) => answers, 'enforce', false],
    [
      'observed, the last poll is missing',
      (answers) => answers.map((one) => until(one, 900)),
      'observe',
      false,
    ],
    ['observed, it was never answered', () => [], 'observe', false],
  ])('a missing answer is a missing poll where it decides: %s', (_, known, profile, blind) => {
    const all = measured('blind', usual, usual)
    const own = { ...settings, profile } as Settings
    const [first] = all
    const points = first?.kind === 'counts' ? first.series.points : []
    const evidence = { answers: known(all), infrastructure: [] }
    const at = (seconds: number) => state.startedAt + seconds * 1000
    const assessed = (entries: typeof state.stepStates, end: number) =>
      assess({ ...state, stepStates: entries }, own, { points, notes: [] }, at(end), evidence).blind
    expect(assessed(state.stepStates, 900)).toBe(blind)
    // At 100% there is nothing to compare with, and nothing to miss.
    const last = entry({ weight: 100, writtenAt: at(450), timerStart: at(450) })
    expect(assessed([...state.stepStates, last], 900)).toBe(false)
  })

  test('a law: versions that are alike are told apart at most once in a hundred releases, however they move together', () => {
    const alarms = Array.from({ length: 60 }, (_, run) =>
      proved(measured(`${run}`, usual, usual, { cv: run % 2 })),
    )
    // At 1%, 60 releases give more than 4 once in 2500.
    expect(alarms.filter((parts) => parts.length > 0).length).toBeLessThanOrEqual(4)
  })

  test('a proved difference is said once, with every poll of it in the record', () => {
    const events: { type: RecordEvent['type']; code?: string }[] = []
    const session = {
      record: (event: { type: RecordEvent['type'] }) => events.push(event),
    } as unknown as Session
    const watch = startGateWatch()
    recordGates(session, watch, judged(measured('once', () => [0.9, 0.5, 0.2], usual, { polls: 20 })))
    recordGates(session, watch, judged(measured('once', () => [0.9, 0.5, 0.2], usual, { polls: 40 })))
    expect(events.filter(({ code }) => code === 'latency')).toHaveLength(1)
    // Three bounds; the first point is the anchor before the first weight write.
    const rows = events.filter((event) => event.type === 'poll')
    expect(rows.length % 3).toBe(0)
    expect(new Set(rows.map((row) => JSON.stringify([row, 't' in row && row.t]))).size).toBe(rows.length)
  })
})

describe('the look before a release', () => {
  const history = (durationBounds: () => Promise<number[]>) => ({ durationBounds }) as unknown as GateHistory

  test('fixes the bounds', async () => {
    const { baseline } = await prepareGates(
      gate ? [gate] : [],
      history(async () => [25, 100, 250]),
    )
    expect(baseline.bounds).toEqual(bounds)
  })

  test.each(['bad-query', 'too-large', 'timeout', 'incomplete'] as const)(
    'a store that can not tell (%s) refuses nothing, for nobody asked for it',
    async (code) => {
      const found = await prepareGates(
        gate ? [gate] : [],
        history(() => Promise.reject(new Failure(code, 'no.'))),
      )
      expect(found.baseline.bounds).toEqual({})
      expect(found.notes).toEqual([
        { gate: 'latency-profile', wrong: false, text: 'durations are not compared: no.' },
      ])
    },
  )

  test('where it is to decide, a store that can not tell refuses, and nothing to compare is said', async () => {
    const enforced = gate ? [{ ...gate, mode: 'enforce' as const }] : []
    const away = history(() => Promise.reject(new Failure('timeout', 'no.')))
    await expect(prepareGates(enforced, away)).rejects.toThrow('no.')
    const none = history(async () => [])
    expect((await prepareGates(enforced, none)).notes).toEqual([
      { gate: 'latency-profile', wrong: false, text: expect.stringContaining('durations are not compared') },
    ])
    expect((await prepareGates(gate ? [gate] : [], none)).notes).toEqual([])
  })

  test('an abort ends it', async () => {
    const aborted = Promise.reject(new Failure('aborted', 'ended'))
    await expect(
      latencyProfile.prepare(
        { name: '', type: '', mode: 'observe' },
        history(() => aborted),
      ),
    ).rejects.toThrow('ended')
  })
})

describe('the pods of a canary that was proved slower', () => {
  const place = (pod: string, total: number, bad: number) => ({ pod, node: null, zone: null, total, bad })
  const stablePods = [place('s1', 1000, 10), place('s2', 1000, 12)]
  const onePod = { canary: [place('c1', 100, 40), place('c2', 100, 1)], stable: stablePods }

  async function asked(assessment: ReturnType<typeof judged>, pods: () => Promise<unknown>, times = 1) {
    const events: RecordEvent[] = []
    const questions: { bound: number; start: number }[] = []
    const source = { reporter: 'source', label: 'destination_workload', canary: 'v2', stable: 'v1' }
    const session = {
      held: { state: { ...state, source }, text: '', home: '' },
      scope: { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' },
      metrics: {
        slowPods(query: { bound: number; start: number }) {
          questions.push(query)
          return pods()
        },
      },
      workloads: { workloads: () => Promise.reject(new Failure('forbidden', 'no pods for you')) },
      record: (event: RecordEvent) => events.push(event),
    } as unknown as Session
    const memory = { recordedSpike: null, askedSlowPods: false, assessment } as unknown as LoopMemory
    memory.countedUntil = state.startedAt + 900_000
    for (let time = 0; time < times; time += 1)
      await recordSlowRequests(session, memory, new AbortController().signal)
    return { events, questions }
  }

  const slower = judged(measured('slower', () => [0.9, 0.5, 0.2], usual))

  test('are asked for once, at the highest bound, since the first shift', async () => {
    const { events, questions } = await asked(slower, async () => onePod, 3)
    const start = state.stepStates[0]?.writtenAt
    expect(questions).toEqual([expect.objectContaining({ bound: 250, start })])
    expect(events).toMatchObject([{ type: 'slow-pods', bound: 250, spread: { kind: 'pod', name: 'c1' } }])
  })

  test.each<[string, ReturnType<typeof judged>, () => Promise<unknown>]>([
    ['it was not proved slower', judged(measured('alike', usual, usual)), async () => onePod],
    ['nobody can tell', slower, async () => ({ canary: [], stable: [] })],
    ['the store refuses', slower, () => Promise.reject(new Failure('incomplete', 'half of it'))],
  ])('nothing is written down where %s', async (_, assessment, pods) => {
    expect((await asked(assessment, pods)).events).toEqual([])
  })

  test('a configured gate of latency has the bound that was fixed for it', () => {
    const failing = { gate: 'slow', route: null, kind: 'latency', verdicts: [{ verdict: 'fail' }] }
    const gates = [failing, { ...failing, gate: 'ratio', kind: 'ratio' }] as unknown as GateAssessment[]
    expect(slowBound(gates, { slow: 500, ratio: 3 })).toBe(500)
    expect(slowBound(gates, {})).toBeNull()
  })
})

describe('a spike of latency', () => {
  const between =
    (from: number, until: number): Slow =>
    (poll) =>
      poll > from && poll <= until ? [0.8, 0.5, 0.3] : [0.5, 0.05, 0.01]
  const found = (canary: Slow, stable: Slow, cv = 0) =>
    latencySpike(judged(measured('spike', canary, stable, { cv })).gates)

  test.each<[string, Slow, Slow, object | null]>([
    ['nothing happens', usual, usual, null],
    ['both rise', between(20, 30), between(20, 30), { whose: 'both', from: 300, bound: 250 }],
    ['the canary alone', between(20, 30), usual, { whose: 'canary', from: 300 }],
    ['stable alone', usual, between(20, 30), { whose: 'stable', from: 300 }],
    ['it goes on', usual, between(50, 60), { whose: 'stable', from: 750, until: null }],
    [
      'most of the release is slow',
      between(8, 60),
      between(8, 60),
      { whose: 'both', from: 120, until: null },
    ],
    ['the canary is slow from its start: no spike', () => [0.8, 0.5, 0.3], usual, null],
  ])('%s', (_, canary, stable, expected) => {
    const spike = found(canary, stable)
    if (expected === null) expect(spike).toBeNull()
    else expect(spike).toMatchObject(expected)
    if (spike === null) return
    expect(spike.usual).toBeCloseTo(0.01, 2)
    const { until, from } = spike
    if (until !== null) expect([until - from, 'slack'][0]).toBeLessThanOrEqual(225)
    const text = latencySpikeSentences({ ...spike, spread: null }, 0)
    expect(text).toMatch(/^Latency rose at 00:\d\d:\d\d UTC, /)
    expect(text).toContain('took over 250 ms')
  })

  test('one odd poll is none', () => expect(found(between(20, 21), usual)).toBeNull())

  test.each([3, 10, 40])('%i requests a poll of which some are slow are none', (requests) => {
    const slow: Slow = () => [0.5, 0.1, 0.04]
    const runs = Array.from({ length: 30 }, (_, run) =>
      latencySpike(judged(measured(`few ${run}`, slow, slow, { requests })).gates),
    )
    expect(runs.filter((spike) => spike !== null)).toEqual([])
  })

  /** Requests and slow ones of canary and stable, poll by poll, over 25 ms. */
  type Row = readonly [canary: number, slow: number, stable: number, slow: number]
  const polled = (...rows: Row[]) => {
    let sums = [0, 0, 0, 0]
    const polls = [[0, 0, 0, 0] as Row, ...rows].map((row, index) => {
      sums = sums.map((sum, at) => sum + (row[at] as number))
      const [total, bad, stableTotal, stableBad] = sums as [number, number, number, number]
      return {
        t: index * 15,
        step: 1,
        canary: { total, bad },
        stable: { total: stableTotal, bad: stableBad },
      }
    })
    const part = { exchanged: false, asked: true, warning: 'latency' as const }
    return latencySpike([{ polls, part, route: 'over 25 ms' } as unknown as GateAssessment])
  }
  const calm: Row = [40, 0, 350, 2]
  const times = (count: number, row: Row) => Array.from({ length: count }, () => row)

  test.each<[string, Row[], object | null, RegExp | null]>([
    [
      'both',
      [...times(4, calm), ...times(3, [50, 4, 450, 35])],
      { whose: 'both', unclear: false },
      /Both versions were hit/,
    ],
    [
      'both, where the canary has too few requests for its own sum',
      [...times(4, calm), ...times(3, [12, 2, 450, 35])],
      { whose: 'both', unclear: false },
      /it is not the canary/,
    ],
    [
      'stable alone',
      [...times(4, calm), ...times(3, [100, 0, 450, 45])],
      { whose: 'stable', unclear: false },
      /It is stable's alone/,
    ],
    [
      'too few on the other side',
      [...times(4, calm), ...times(3, [3, 0, 450, 45])],
      { whose: 'stable', unclear: true },
      /It is stable's; the canary had too few requests \(9\) to tell whether it was hit too/,
    ],
    [
      'none on the other side',
      [...times(4, calm), ...times(3, [40, 12, 0, 0])],
      { whose: 'canary', unclear: true },
      /It is the canary's; stable had too few requests \(0\)/,
    ],
    [
      'the canary alone',
      [...times(4, calm), ...times(3, [40, 12, 350, 2])],
      { whose: 'canary', unclear: false },
      /It is the canary's alone/,
    ],
    ['too few to call anything usual', times(10, [1, 0, 3, 1]), null, null],
  ])('whose it is: %s', (_, rows, expected, words) => {
    const spike = polled(...rows)
    if (expected === null || spike === null || words === null) {
      expect(spike).toBe(expected)
      return
    }
    expect(spike).toMatchObject({ ...expected, from: 60, until: null })
    expect(latencySpikeSentences({ ...spike, spread: null }, 0)).toMatch(words)
  })

  test('a short one that is not the canary’s alone stands in reports, not in the log', () => {
    const spike = polled(...times(4, calm), ...times(3, [50, 4, 450, 35])) as NonNullable<
      ReturnType<typeof polled>
    >
    const event = (seconds: number, changes: object = {}) =>
      ({
        type: 'latency-spike',
        at: new Date(seconds * 1000).toISOString(),
        spread: null,
        ...spike,
        ...changes,
      }) as RecordEvent
    const origin = {
      type: 'release',
      at: new Date(0).toISOString(),
      startedAt: new Date(0).toISOString(),
    } as RecordEvent
    const line = (one: RecordEvent, ...before: RecordEvent[]) => logLine(one, [origin, ...before])
    expect(line(event(90))).toBeNull()
    expect(line(event(90, { until: 105 }))).toBeNull()
    expect(line(event(90, { whose: 'canary' }))).toContain('Latency rose')
    expect(line(event(130), event(90))).toContain('Latency rose')
    expect(line(event(250), event(90), event(130))).toBeNull()
    expect(line(event(300, { until: 285 }), event(130))).toContain('until 00:04:45')
  })

  test('is written down when it is found, as it lasts, and when it is over; and reported twice', async () => {
    const state = release({
      source: { reporter: 'source', label: 'destination_workload', canary: 'v2', stable: 'v1' },
      startedAt: 0,
    })
    const answers = measured('watched', between(20, 45), between(20, 45))
    const memory = { recordedSpike: null, askedSlowPods: false } as unknown as LoopMemory
    const events: RecordEvent[] = []
    const reported: (string | null)[] = []
    const start = new Date(0).toISOString()
    const origin = { type: 'release', at: start, startedAt: start } as RecordEvent
    const session = {
      held: { state, text: '', home: '' },
      scope: { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' },
      metrics: { slowPods: () => Promise.reject(new Failure('timeout', 'no answer')) },
      record(event: RecordEvent) {
        Object.assign(event, { at: new Date(memory.countedUntil).toISOString() })
        reported.push(logLine(event, [origin, ...events]))
        events.push(event)
      },
    } as unknown as Session
    for (let poll = 1; poll <= 60; poll += 1) {
      const known = answers.map((answer) =>
        answer.kind === 'counts'
          ? { ...answer, series: { points: answer.series.points.slice(0, poll + 1), notes: [] } }
          : answer,
      )
      memory.assessment = judged(known)
      memory.countedUntil = poll * 15_000
      await recordSlowRequests(session, memory, new AbortController().signal)
    }
    const spikes = events.map((event) =>
      event.type === 'latency-spike' ? [event.from, event.until, event.spread] : null,
    )
    expect(new Set(spikes.slice(0, -1).map(String))).toEqual(new Set(['300,,']))
    expect(spikes.at(-1)).toEqual([300, 675, null])
    expect(spikes.length).toBeLessThan(8)
    expect(reported.filter((line) => line !== null)).toHaveLength(2)
  })
})
