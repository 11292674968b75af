import type { AnswersBySide } from '../release/evidence/answers.ts'
import type { Calibration, CountPoint, CountSeries } from '../release/evidence/counts.ts'
import type { LatencyView } from '../release/evidence/gate-evidence.ts'
import type { QueryResult } from '../release/evidence/query-source.ts'
import type { SideName } from '../release/gates.ts'
import { heartbeatQuery } from '../release/promql.ts'
import { latencyBounds, shareWithin } from './latency.ts'
import type { Random } from './random.ts'
import { binomial } from './sampling.ts'
import type { SimulationInput } from './simulation-input.ts'
import { arrivalRate, versionModel } from './traffic.ts'
import type { CodeShare, VersionModel } from './traffic-model.ts'

const second = 1000
const finite = latencyBounds.filter((bound) => Number.isFinite(bound))
const sides = ['canary', 'stable'] as const

/** Totals gives both versions' requests and bad ones up to the end of a second. */
type Totals = (at: number) => Record<SideName, { total: number; bad: number }>

/** What is drawn of one version, cumulative at the end of each second. */
interface Drawn {
  /** By bound of the histogram: requests that took longer. */
  slow: number[][]
  answers: Record<string, number>[]
  /** Bad events of a counter of the user's, drawn by themselves at the share of failed requests. */
  events: number[]
}

/** SimulatedDetails is what a Prometheus tells of the same requests beside their number. Times in ms. */
export type SimulatedDetails = ReturnType<typeof createSimulatedDetails>

/**
 * createSimulatedDetails draws how long the counted requests took, what they were answered and what a user's counter
 * calls bad. It draws when it is asked, second by second, so that the same random source gives the same.
 */
export function createSimulatedDetails(input: SimulationInput, totals: Totals, random: Random) {
  const { traffic, historyHours, counters } = input
  const models = { canary: versionModel(traffic, 'v2'), stable: versionModel(traffic, 'v1') }
  const world: World = { models, totals, random, drawn: { canary: nothingDrawn(), stable: nothingDrawn() } }
  const rate = arrivalRate(traffic.rate, 0)
  return {
    slow({ bound, ...grid }: Span & { bound: number }): CountSeries {
      const place = finite.indexOf(bound)
      return seriesOf(world, grid, (one, at) => one.slow[place]?.[at] ?? 0)
    },
    /** answersAt gives what both versions answered between two times. */
    answersAt: (start: number, at: number): AnswersBySide => answersBetween(world, start, at),
    slowCalibration(bound: number): Calibration | null {
      const n = Math.round(rate * 3600 * historyHours)
      const b = Math.round(n * (1 - shareWithin(models.stable.latency, bound)))
      return n === 0 ? null : { n, b, S1: 0, S2: 0, S4: 0, df: 0 }
    },
    quantiles: (): LatencyView => ({
      canary: quantilesOf(models.canary),
      stable: quantilesOf(models.stable),
    }),
    /** range answers for a counter of the user's, and whether anything was scraped. */
    range(query: string, grid: Span): QueryResult {
      const counter = counters?.get(query)
      if (counter === undefined && query !== heartbeatQuery) return { series: [], warnings: [] }
      const { points } = seriesOf(world, grid, (one, at) => one.events[at] ?? 0)
      const shownAt = (point: CountPoint) =>
        counter === undefined ? 1 : (point[counter.side]?.[counter.kind === 'all' ? 'total' : 'bad'] ?? 0)
      const samples = points.map((point) => [grid.start + point.t * second, shownAt(point)] as const)
      return { series: [{ labels: {}, samples }], warnings: [] }
    },
  }
}

/** World is what is drawn from, and what was drawn. */
interface World {
  models: Record<SideName, VersionModel>
  totals: Totals
  random: Random
  drawn: Record<SideName, Drawn>
}

const nothingDrawn = (): Drawn => ({ slow: finite.map(() => [0]), answers: [{}], events: [0] })

function drawUntil({ models, totals, random, drawn }: World, last: number): void {
  for (let at = drawn.stable.events.length; at <= last; at += 1) {
    const [before, now] = [totals(at - 1), totals(at)]
    for (const side of sides) {
      const gained = { total: now[side].total - before[side].total, bad: now[side].bad - before[side].bad }
      drawSecond(random, drawn[side], models[side], gained)
    }
  }
}

function seriesOf(world: World, grid: Span, badOf: (one: Drawn, at: number) => number): CountSeries {
  const { totals, drawn } = world
  const [origin, last] = [Math.floor(grid.start / second), Math.floor(grid.until / second)]
  drawUntil(world, last)
  const points: CountPoint[] = []
  for (let at = grid.start; at <= grid.until; at += grid.interval) {
    const index = Math.floor(at / second)
    const side = (name: SideName) => ({
      total: totals(index)[name].total - totals(origin)[name].total,
      bad: badOf(drawn[name], index) - badOf(drawn[name], origin),
    })
    const counts = { canary: side('canary'), stable: side('stable') }
    points.push({ t: (at - grid.start) / second, ...counts, unreached: 0, abandoned: 0 })
  }
  return { points, notes: [] }
}

function answersBetween(world: World, start: number, until: number): AnswersBySide {
  const [origin, last] = [Math.floor(start / second), Math.floor(until / second)]
  drawUntil(world, last)
  const since = (side: SideName) => {
    const { answers } = world.drawn[side]
    const before = answers[origin] ?? {}
    const gained = Object.entries(answers[last] ?? {}).map(([answer, count]) => [
      answer,
      count - (before[answer] ?? 0),
    ])
    return Object.fromEntries(gained)
  }
  return { canary: since('canary'), stable: since('stable') }
}

/** Span is a grid: from `start` every `interval` up to `until`, ms. */
interface Span {
  start: number
  until: number
  interval: number
}

/** nearestBound is the histogram's bound (ms) nearest to a time, by ratio. */
export function nearestBound(ms: number): number {
  const distance = (bound: number) => Math.abs(Math.log(bound / ms))
  return finite.reduce((best, bound) => (distance(bound) <= distance(best) ? bound : best))
}

function drawSecond(
  random: Random,
  one: Drawn,
  model: VersionModel,
  { total, bad }: { total: number; bad: number },
): void {
  let [longer, above] = [total, 1]
  for (const [place, bound] of finite.entries()) {
    const share = 1 - shareWithin(model.latency, bound)
    longer = above > 0 ? binomial(random, longer, Math.min(1, share / above)) : 0
    above = share
    const sums = one.slow[place] as number[]
    sums.push((sums.at(-1) ?? 0) + longer)
  }
  const answers = { ...one.answers.at(-1) }
  drawCodes(random, answers, total - bad, model.goodCodes ?? [{ code: '200', weight: 1 }])
  drawCodes(random, answers, bad, model.badCodes ?? [{ code: '500', weight: 1 }])
  one.answers.push(answers)
  const { errors } = model
  const share = errors.kind === 'constant' ? errors.share : 0
  one.events.push((one.events.at(-1) ?? 0) + binomial(random, total, share))
}

function drawCodes(
  random: Random,
  into: Record<string, number>,
  total: number,
  mix: readonly CodeShare[],
): void {
  let left = total
  let weight = mix.reduce((sum, one) => sum + one.weight, 0)
  for (const { code, weight: own } of mix) {
    const drawn = weight > 0 ? binomial(random, left, Math.min(1, own / weight)) : 0
    if (drawn > 0) into[code] = (into[code] ?? 0) + drawn
    left -= drawn
    weight -= own
  }
}

function quantilesOf({ latency }: VersionModel): [number, number, number] {
  const at = (share: number) =>
    finite.find((bound) => shareWithin(latency, bound) >= share) ?? (finite.at(-1) as number)
  return [at(0.5), at(0.95), at(0.99)]
}
