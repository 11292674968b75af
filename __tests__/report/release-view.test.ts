import { describe, expect, test } from '@jest/globals'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { errorSeries } from '../../src/report/view/error-series.ts'
import { type PollView, releaseView } from '../../src/report/view/release-view.ts'
import { countingSentences } from '../../src/report/words/counting.ts'
import { at, outcome, promoted, release, rolledBack } from './records.ts'

const step = (number: number, weight: number, seconds: number): RecordEvent => ({
  at: at(seconds),
  type: 'step',
  step: number,
  weight,
  margin: 0.01,
  outOfReach: false,
  requestsNeeded: 785,
  secondsNeeded: 60,
})
const poll = (
  t: number,
  number: number,
  canary: [number, number] | null,
  stable: [number, number] | null,
): RecordEvent => ({
  at: at(t),
  type: 'poll',
  t,
  step: number,
  canary: canary && { total: canary[0], bad: canary[1] },
  stable: stable && { total: stable[0], bad: stable[1] },
  control: true,
  rebuilt: false,
})

describe('releaseView', () => {
  test("counts a step's own requests from what was seen last before it", () => {
    const view = releaseView([
      release(),
      step(0, 10, 0),
      poll(0, 0, [0, 0], [5, 1]),
      poll(15, 0, [10, 1], [105, 2]),
      poll(30, 0, [20, 1], [205, 3]),
      step(1, 50, 30),
      poll(45, 1, null, [255, 4]),
      poll(60, 1, [80, 3], null),
    ])
    expect(view.steps.map(({ canary, stable }) => [canary, stable])).toEqual([
      [
        { total: 20, bad: 1 },
        { total: 205, bad: 3 },
      ],
      [
        { total: 60, bad: 2 },
        { total: 50, bad: 1 },
      ],
    ])
  })

  test('a step that was not polled has no counts, not zero', () => {
    const view = releaseView([release(), step(0, 10, 0), poll(15, 0, null, null)])
    expect(view.steps[0]).toMatchObject({ canary: null, stable: null, actual: null, endedAt: null })
  })

  test('the actual share is that of the requests since the weights were settled', () => {
    const view = releaseView([
      release(),
      step(0, 10, 0),
      poll(15, 0, [0, 0], [100, 0]),
      {
        at: at(20),
        type: 'settled',
        step: 0,
        weight: 10,
        seen: 'as-asked',
        canary: 5,
        total: 50,
        clockStart: at(15),
      },
      poll(30, 0, [12, 0], [188, 0]),
    ])
    expect(view.steps[0]?.actual).toBeCloseTo(0.12)
  })

  test('a step that ended while it settled shows the share since its weights were written', () => {
    const events = [release(), step(0, 10, 0), poll(0, 0, [0, 0], [0, 0]), poll(15, 0, [8, 3], [92, 0])]
    expect(releaseView(events).steps[0]?.actual).toBeNull()
    const end: RecordEvent = {
      at: at(20),
      type: 'step-end',
      step: 0,
      verdict: 'fail',
      reason: 'worse-than-stable',
      text: '',
    }
    expect(releaseView([...events, end]).steps[0]?.actual).toBeCloseTo(0.08)
  })

  test('a successor that says a step again keeps its start, and its polls replace those of the same time', () => {
    const view = releaseView([
      release(),
      step(0, 10, 0),
      poll(15, 0, [10, 1], [90, 0]),
      release({ resumed: true, at: at(60) }),
      step(0, 10, 60),
      { ...poll(15, 0, [11, 1], [90, 0]), rebuilt: true } as RecordEvent,
    ])
    expect(view.steps).toHaveLength(1)
    expect(view.steps[0]?.startedAt).toBe(Date.parse(at(0)))
    expect(view.polls).toHaveLength(1)
    expect(view.steps[0]?.canary).toEqual({ total: 11, bad: 1 })
    expect(countingSentences(view)).toEqual(['1 poll of an earlier process was read from Prometheus again.'])
    const first = { ...poll(15, 0, [11, 1], [90, 0]), rebuilt: true } as RecordEvent
    expect(countingSentences(releaseView([release(), step(0, 10, 0), first]))).toEqual([])
  })

  test('says a warning once', () => {
    const warning: RecordEvent = { at: at(1), type: 'warning', code: 'x', text: 'y' }
    expect(releaseView([release(), warning, warning]).warnings).toHaveLength(1)
  })

  test('knows outcome, source and the time it took', () => {
    const view = releaseView(rolledBack)
    expect(view.outcome?.result).toBe('rolled-back')
    expect(view.source?.reporter).toBe('source')
    expect(view.lastAt - view.startedAt).toBe(197_000)
    expect(releaseView([{ at: at(0), type: 'outcome', outcome: outcome() }]).head).toBeNull()
  })
})

describe('errorSeries', () => {
  const polls = releaseView(promoted).polls

  test('adds up to what was counted, whatever the number of points', () => {
    const last = polls.at(-1) as PollView
    for (const limit of [1, 2, 3, 7, 26, 27, 100]) {
      const points = errorSeries(polls, limit)
      if (limit >= 3) {
        expect(points.reduce((sum, point) => sum + point.canaryTotal, 0)).toBe(last.canary?.total)
        expect(points.reduce((sum, point) => sum + point.canaryBad, 0)).toBe(last.canary?.bad)
      }
      expect(points.length).toBeLessThanOrEqual(limit)
      for (const point of points) expect(point.to).toBeGreaterThan(point.from)
    }
  })

  test('a time of which nothing is known is a gap, and what comes after covers it', () => {
    const points = errorSeries(polls, 100)
    expect(points.slice(4, 7).map((point) => [point.canary, point.canaryTotal])).toEqual([
      [null, 0],
      [null, 0],
      [expect.any(Number), 360],
    ])
  })
})
