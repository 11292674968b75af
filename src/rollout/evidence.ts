import type { CountPoint, CountSeries, Poll } from '../release/counts.ts'
import type { Settings } from '../release/settings.ts'
import type { ReleaseState, StepState } from '../release/state.ts'
import type { Verdict } from '../release/verdict.ts'
import type { EngineConfig, StepOverride } from '../verdict/config.ts'
import { judgeAll } from '../verdict/judge.ts'

/** A tenth of the false-alarm budget watches for requests that reach nobody, the rest for the canary's errors. */
const guardShare = 0.1
/** Polls without counts after which a verdict counts as blind. */
const stalePolls = 6

/** Assessment is what the evidence says at one moment. */
export interface Assessment {
  /** Rows of the engine's input, from the first weight write on. */
  polls: Poll[]
  /** The engine's answer after each poll. */
  verdicts: Verdict[]
  /** The last answer; null before the first poll. */
  verdict: Verdict | null
  /** The same question about requests that reached nobody. */
  guard: Verdict | null
  /** Requests per second to the host over the last minutes; null where unknown. */
  rate: number | null
  /** Seconds since the release's start of the last grid point that was looked at. */
  t: number
}

/** engineStep numbers the phases of a step apart: settling is even, observing odd. */
export function engineStep(journalIndex: number, observing: boolean): number {
  return 2 * journalIndex + (observing ? 1 : 0)
}

const secondsSince = (state: ReleaseState, at: number) => (at - state.startedAt) / 1000

/**
 * assess gives the verdict on a release from its counts: a function of state, settings and counts alone, so that
 * any process reaches the same. `until` (ms) is the last moment that counts can speak for; grid points up to it
 * that have none (an outage) are missing polls.
 */
export function assess(
  state: ReleaseState,
  settings: Settings,
  series: CountSeries,
  until: number,
): Assessment {
  const points = throughOutages(state, series.points, until)
  const polls = pollsOf(state, points)
  const verdicts = judgeAll(engineConfig(settings, state.interval), state.calibration, polls, {
    steps: stepOverrides(state, settings),
  }).map((verdict, index) => withoutNeeds(verdict, polls[index]))
  return {
    polls,
    verdicts,
    verdict: verdicts.at(-1) ?? null,
    guard: guardOf(state, settings, points),
    rate: rateOf(points),
    t: points.at(-1)?.t ?? 0,
  }
}

/** A settling phase never passes: nothing is missing for it. */
function withoutNeeds(verdict: Verdict, poll: Poll | undefined): Verdict {
  return poll !== undefined && poll.step % 2 === 0 ? { ...verdict, needed: null } : verdict
}

function throughOutages(state: ReleaseState, points: CountPoint[], until: number): CountPoint[] {
  const seconds = state.interval / 1000
  const lastGrid = Math.floor(secondsSince(state, until) / seconds + 1e-9) * seconds
  const all = points.filter((point) => point.t <= lastGrid + 1e-9)
  for (let t = (all.at(-1)?.t ?? -seconds) + seconds; t <= lastGrid + 1e-9; t += seconds) {
    all.push({ t, canary: null, stable: null, unreached: null, abandoned: all.at(-1)?.abandoned ?? 0 })
  }
  return all
}

/** pollsOf gives the engine its rows: the last grid point before the first weight write is the anchor. */
function pollsOf(state: ReleaseState, points: CountPoint[]): Poll[] {
  const first = state.journal[0]
  if (!first) return []
  const firstWrite = secondsSince(state, first.writtenAt)
  const anchor = points.findLast((point) => point.t <= firstWrite + 1e-9)?.t ?? 0
  return points
    .filter((point) => point.t >= anchor)
    .map((point) => {
      const { index, entry } = entryAt(state, point.t)
      const observing = entry.clockStart !== null && point.t >= secondsSince(state, entry.clockStart) - 1e-9
      const poll: Poll = {
        t: point.t,
        step: engineStep(index, observing),
        canary: point.canary,
        stable: point.stable,
      }
      const alone = entry.weight >= 100 && point.t >= secondsSince(state, entry.writtenAt) - 1e-9
      return alone ? { ...poll, control: false } : poll
    })
}

function entryAt(state: ReleaseState, t: number): { index: number; entry: StepState } {
  let index = 0
  for (let i = 1; i < state.journal.length; i++) {
    if (secondsSince(state, (state.journal[i] as StepState).writtenAt) <= t + 1e-9) index = i
  }
  return { index, entry: state.journal[index] as StepState }
}

/** engineConfig translates the user's gate into the engine's names. `interval` in ms. */
export function engineConfig(settings: Settings, interval: number): Partial<EngineConfig> {
  const gate = settings.gate
  return {
    alpha: gate.alpha * (1 - guardShare),
    beta: gate.beta,
    minRequests: gate.minRequests,
    minSeconds: settings.minStepDuration / 1000,
    maxSeconds: settings.stepTimeout / 1000,
    staleSeconds: (stalePolls * interval) / 1000,
    ...(gate.maxErrorRate === null ? {} : { slo: gate.maxErrorRate }),
  }
}

function stepOverrides(state: ReleaseState, settings: Settings): Record<number, StepOverride> {
  const overrides: Record<number, StepOverride> = {}
  state.journal.forEach((entry, index) => {
    overrides[engineStep(index, false)] = {
      minSeconds: Number.POSITIVE_INFINITY,
      maxSeconds: Number.POSITIVE_INFINITY,
    }
    const minimum = entry.weight >= 100 ? settings.finalDuration : settings.minStepDuration
    overrides[engineStep(index, true)] = {
      passMargin: entry.margin,
      minSeconds: minimum / 1000,
      maxSeconds: Math.max(minimum, settings.stepTimeout) / 1000,
    }
  })
  return overrides
}

/**
 * guardOf asks of all requests to the host how many reached nobody, against their rate before the release: the
 * one-sample test of the same engine. Such requests carry no version, so no comparison can see them.
 */
function guardOf(state: ReleaseState, settings: Settings, points: CountPoint[]): Verdict | null {
  const first = state.journal[0]
  if (!first) return null
  const firstWrite = secondsSince(state, first.writtenAt)
  const anchor = points.findLast((point) => point.t <= firstWrite + 1e-9)?.t ?? 0
  const polls: Poll[] = points
    .filter((point) => point.t >= anchor)
    .map((point) => {
      const reached = point.canary && point.stable ? point.canary.total + point.stable.total : null
      const known = reached !== null && point.unreached !== null
      const lost = point.unreached ?? 0
      return {
        t: point.t,
        step: 0,
        canary: known ? { total: reached + lost, bad: lost } : null,
        stable: null,
        control: false,
      }
    })
  const config = { ...engineConfig(settings, state.interval), alpha: settings.gate.alpha * guardShare }
  delete config.slo
  const verdicts = judgeAll(config, state.lost, polls, {
    steps: { 0: { minSeconds: Number.POSITIVE_INFINITY, maxSeconds: Number.POSITIVE_INFINITY } },
  })
  return verdicts.at(-1) ?? null
}

/** rateOf gives the host's requests per second over the last five minutes of counted points. */
export function rateOf(points: CountPoint[]): number | null {
  const usable = points.filter((point) => point.canary && point.stable)
  const last = usable.at(-1)
  if (!last) return null
  const first = usable.find((point) => point.t >= last.t - 300) as CountPoint
  if (last.t <= first.t) return null
  const total = (point: CountPoint) => (point.canary?.total ?? 0) + (point.stable?.total ?? 0)
  return (total(last) - total(first)) / (last.t - first.t)
}
