import { engineConfig, guardShare } from '../../gates/gate-tests.ts'
import type { CountPoint, CountSeries, Poll } from '../../release/evidence/counts.ts'
import type { GateEvidence } from '../../release/evidence/gate-evidence.ts'
import { noEvidence } from '../../release/evidence/gate-evidence.ts'
import type { Settings } from '../../release/settings.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import type { Verdict } from '../../release/verdict.ts'
import { judgeAll } from '../../verdict/judge.ts'
import { fillMissingPoints, sinceFirstShift, toPolls } from './engine-input.ts'
import type { GateAssessment } from './gate-assessed.ts'
import { assessGates, combinedVerdicts } from './gate-assessment.ts'

/** Assessment is what the evidence says at one moment. */
export interface Assessment {
  /** Rows of failed requests, from the first weight write on. */
  polls: Poll[]
  /** What all gates together came to after each poll, up to the first fail. */
  verdicts: Verdict[]
  /** The last answer; null before the first poll. */
  verdict: Verdict | null
  /** Every gate's own answers: errors first, then as configured. */
  gates: GateAssessment[]
  /** The same question about requests that reached no pod. */
  guard: Verdict | null
  /** The last poll shows nothing for a version or a deciding gate: neither a pass nor too little evidence follows. */
  blind: boolean
  /** Requests per second to the host over the last minutes; null where unknown. */
  rate: number | null
  /** Seconds since the release's start of the last grid point that was asked for. */
  t: number
}

/**
 * assess gives the verdict on a release from its counts: a function of state, settings and evidence alone, so that
 * any process reaches the same. `until` (ms) is the last moment that counts can speak for; grid points up to it
 * that have none (an outage) are missing polls.
 */
export function assess(
  state: ReleaseState,
  settings: Settings,
  series: CountSeries,
  until: number,
  evidence: GateEvidence = noEvidence,
): Assessment {
  const points = fillMissingPoints(state, series.points, until)
  const polls = toPolls(state, points)
  const gates = assessGates(state, settings, points, evidence, until)
  const verdicts = combinedVerdicts(polls, gates)
  return {
    polls,
    verdicts,
    verdict: verdicts.at(-1) ?? null,
    gates,
    guard: guardVerdict(state, settings, points),
    blind: isBlind(polls, gates),
    rate: recentRequestRate(points),
    t: points.at(-1)?.t ?? 0,
  }
}

/** A poll is blind where a version that has traffic could not be counted; in a gate's own rows as in the total's. */
function isBlind(polls: readonly Poll[], gates: readonly GateAssessment[]): boolean {
  const now = polls.at(-1)?.t
  const deciding = gates.filter(({ mode, route, part, polls: own }) => {
    if (mode !== 'enforce' || own.length === 0) return false
    // Parts have rows as long as stable has traffic to compare with.
    return part === undefined ? route === null : part.asked && own.at(-1)?.t === now
  })
  return [polls, ...deciding.map((gate) => gate.polls)].some((rows) => {
    const last = rows.at(-1)
    return last !== undefined && (last.canary === null || (last.control !== false && last.stable === null))
  })
}

/**
 * guardVerdict asks of all requests to the host how many reached no pod, against their rate before the release: the
 * one-sample test of the same engine. Such requests carry no version, so no comparison can see them.
 */
function guardVerdict(
  state: ReleaseState,
  settings: Settings,
  points: readonly CountPoint[],
): Verdict | null {
  const polls: Poll[] = sinceFirstShift(state, points).map((point) => {
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
  const verdicts = judgeAll(config, state.unreachedBaseline, polls, {
    steps: { 0: { minSeconds: Number.POSITIVE_INFINITY, maxSeconds: Number.POSITIVE_INFINITY } },
  })
  return verdicts.at(-1) ?? null
}

/** recentRequestRate gives the host's requests per second over the last five minutes of counted points. */
function recentRequestRate(points: readonly CountPoint[]): number | null {
  const usable = points.filter((point) => point.canary && point.stable)
  const last = usable.at(-1)
  if (!last) return null
  const first = usable.find((point) => point.t >= last.t - 300) as CountPoint
  if (last.t <= first.t) return null
  const total = (point: CountPoint) => (point.canary?.total ?? 0) + (point.stable?.total ?? 0)
  return (total(last) - total(first)) / (last.t - first.t)
}
