import { noBaseline } from '../../gates/evidence.ts'
import { partConfig } from '../../gates/gate-tests.ts'
import type { ComparisonGateType, GatePart } from '../../gates/gate-type.ts'
import { activeGates, type ChosenGate, comparisonGates } from '../../gates/selection.ts'
import type { CountPoint, Poll } from '../../release/evidence/counts.ts'
import type { GateAnswer, GateEvidence } from '../../release/evidence/gate-evidence.ts'
import type { Settings } from '../../release/settings.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import type { Verdict } from '../../release/verdict.ts'
import { judgeAll } from '../../verdict/judge.ts'
import { fillMissingPoints, sinceFirstShift, toPolls } from './engine-input.ts'
import type { GateAssessment } from './gate-assessed.ts'

type CountedAnswer = Extract<GateAnswer, { kind: 'counts' }>

/**
 * assessComparisons judges the parts of every gate of several comparisons, as long as stable has traffic to compare
 * with, up to `until` (ms). A first version has nothing to be compared with.
 */
export function assessComparisons(
  state: ReleaseState,
  settings: Settings,
  points: readonly CountPoint[],
  evidence: GateEvidence,
  until: number,
): GateAssessment[] {
  if (state.stable === null) return []
  const own = sinceFirstShift(state, points)
  const baseline = state.gates ?? noBaseline
  return comparisonGates(activeGates(settings)).flatMap((chosen) => {
    const answers = evidence.answers.filter(
      (answer) => answer.kind === 'counts' && answer.gate === chosen.gate.name,
    ) as CountedAnswer[]
    return chosen.type.parts(chosen.gate, { points: own, baseline, answers }).map((part) => ({
      ...assessPart(state, settings, chosen, {
        ...part,
        points: part.asked ? fillMissingPoints(state, part.points, until) : part.points,
      }),
      quantiles: answers.find(({ route }) => route === part.name)?.quantiles ?? null,
    }))
  })
}

function assessPart(
  state: ReleaseState,
  settings: Settings,
  { gate, type }: ChosenGate<ComparisonGateType>,
  part: GatePart,
): GateAssessment {
  const polls = toPolls(state, part.points).filter((poll) => poll.control !== false)
  const rows = polls.filter((poll) => isJudgedAt(Math.round((poll.t * 1000) / state.interval)))
  const config = partConfig(settings, state.interval, type, part.weight)
  const verdicts = judgeAll(config, null, part.exchanged ? rows.map(exchanged) : rows, {
    steps: endless(rows),
  })
  return {
    gate: gate.name,
    route: part.name,
    kind: gate.type,
    countsFailedRequests: false,
    mode: gate.mode,
    bad: type.badEvents(gate, part.name),
    polls,
    readings: [],
    verdicts: part.exchanged ? verdicts.map(exchangedBack) : verdicts,
    quantiles: null,
    part: { exchanged: part.exchanged, asked: part.asked, warning: type.warning },
  }
}

/** Points that are all judged: the first two hours of polls every 15 s. */
const allJudged = 512

/**
 * Many comparisons are judged anew at each poll: of a long release every second point is enough from the 512th on,
 * every fourth from the 1024th, so that their number grows with the logarithm. The choice rests on the point's place
 * alone, and blocks may be of any length: the promise stays.
 */
function isJudgedAt(place: number): boolean {
  if (place < allJudged) return true
  return place % 2 ** Math.floor(Math.log2(place / (allJudged / 2))) === 0
}

/** Nothing of it has to pass, and no step's time is up for it. */
function endless(polls: readonly Poll[]) {
  const always = { minSeconds: Number.POSITIVE_INFINITY, maxSeconds: Number.POSITIVE_INFINITY }
  return Object.fromEntries([...new Set(polls.map(({ step }) => step))].map((step) => [step, always]))
}

function exchanged(poll: Poll): Poll {
  return { ...poll, canary: poll.stable, stable: poll.canary }
}

function exchangedBack(verdict: Verdict): Verdict {
  const { numbers } = verdict
  return { ...verdict, numbers: { ...numbers, canary: numbers.stable, stable: numbers.canary } }
}
