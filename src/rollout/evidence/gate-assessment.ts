import { type GateTest, gateTests } from '../../gates/gate-tests.ts'
import type { LimitGateType } from '../../gates/gate-type.ts'
import { activeGates, type ChosenGate, limitGates } from '../../gates/selection.ts'
import type { CountPoint, Poll } from '../../release/evidence/counts.ts'
import type { GateEvidence } from '../../release/evidence/gate-evidence.ts'
import type { GateMode } from '../../release/gates.ts'
import type { Settings } from '../../release/settings.ts'
import type { ReleaseState, StepState } from '../../release/state/state.ts'
import type { Verdict } from '../../release/verdict.ts'
import { combine } from '../../verdict/gates.ts'
import { type InfrastructureIssueAt, judgeWithInfrastructure } from '../../verdict/infrastructure-excuse.ts'
import { judgeLimits } from '../../verdict/limits.ts'
import { assessComparisons } from './comparison-assessment.ts'
import { fillMissingPoints, sinceFirstShift, stepAt, stepOverrides, toPolls } from './engine-input.ts'
import type { GateAssessment } from './gate-assessed.ts'
import { infrastructureIssueAt } from './infrastructure-health.ts'

/** assessGates judges every gate, errors first: `points` are the failed requests in total, up to `until` (ms). */
export function assessGates(
  state: ReleaseState,
  settings: Settings,
  points: readonly CountPoint[],
  evidence: GateEvidence,
  until: number,
): GateAssessment[] {
  const issueAt = infrastructureIssueAt(evidence.infrastructure)
  const counted = gateTests(state, settings).map((test) => {
    const own = test.countsFailedRequests
      ? points
      : fillMissingPoints(state, answerOf(evidence, test)?.series.points ?? [], until)
    return countedGate(state, settings, test, toPolls(state, own), issueAt, evidence)
  })
  return [
    ...counted,
    ...assessComparisons(state, settings, points, evidence, until),
    ...limitGates(activeGates(settings)).map((chosen) => limitedGate(state, settings, chosen, evidence)),
  ]
}

function answerOf(evidence: GateEvidence, { gate, route }: GateTest) {
  for (const answer of evidence.answers) {
    if (answer.kind === 'counts' && answer.gate === gate.name && answer.route === route) return answer
  }
  return null
}

function countedGate(
  state: ReleaseState,
  settings: Settings,
  test: GateTest,
  polls: Poll[],
  issueAt: InfrastructureIssueAt,
  evidence: GateEvidence,
): GateAssessment {
  const { gate, route, config, calibration } = test
  const marginOf = (entry: StepState) =>
    test.type.countsFailedRequests
      ? entry.margin
      : (entry.margins?.[gate.name] ?? config.passMargin ?? entry.margin)
  const steps = stepOverrides(state, settings, marginOf)
  // A route need not pass: most are too quiet to prove anything.
  if (route !== null) for (const step of Object.values(steps)) step.minSeconds = Number.POSITIVE_INFINITY
  const verdicts = judgeWithInfrastructure(config, calibration, polls, issueAt, { steps })
  return {
    gate: gate.name,
    route,
    kind: gate.type,
    countsFailedRequests: test.countsFailedRequests,
    mode: modeOf(state, test),
    bad: test.type.badEvents(gate, state.gates?.bounds[gate.name] ?? null),
    polls,
    readings: [],
    verdicts: verdicts.map((verdict, index) => withoutNeeds(verdict, polls[index])),
    quantiles: answerOf(evidence, test)?.quantiles ?? null,
  }
}

/** A first version has no stable to be compared with: what is slow, or bad by a counter, nobody could say then. */
function modeOf({ stable }: ReleaseState, { countsFailedRequests, mode }: GateTest): GateMode {
  return stable === null && !countsFailedRequests ? 'observe' : mode
}

/** A settling phase never passes: nothing is missing for it. */
function withoutNeeds(verdict: Verdict, poll: Poll | undefined): Verdict {
  return poll !== undefined && poll.step % 2 === 0 ? { ...verdict, needed: null } : verdict
}

function limitedGate(
  state: ReleaseState,
  settings: Settings,
  { gate, type }: ChosenGate<LimitGateType>,
  evidence: GateEvidence,
): GateAssessment {
  const answer = evidence.answers.find((each) => each.gate === gate.name && each.kind === 'readings')
  const readings = answer?.kind === 'readings' ? sinceFirstShift(state, answer.readings) : []
  const rows = readings.map((reading) => ({
    ...reading,
    text: type.readingText(gate, reading),
    step: stepAt(state, reading.t).step,
  }))
  const steps = stepOverrides(state, settings, ({ margin }) => margin)
  const verdicts = judgeLimits(
    { isRight: (value) => type.isRight(gate, value), agree: type.agree(gate), steps },
    rows,
  )
  return {
    gate: gate.name,
    route: null,
    kind: gate.type,
    countsFailedRequests: false,
    mode: gate.mode,
    bad: '',
    polls: [],
    readings,
    verdicts,
    quantiles: null,
  }
}

/** combinedVerdicts gives what all gates came to after each poll; a gate without an answer yet lets nothing pass. */
export function combinedVerdicts(polls: readonly Poll[], gates: readonly GateAssessment[]): Verdict[] {
  const verdicts: Verdict[] = []
  const next = gates.map(() => 0)
  for (const { t } of polls) {
    const heard = gates.map(({ gate, route, mode, verdicts: own }, index) => {
      while ((own[next[index] as number]?.t ?? Number.POSITIVE_INFINITY) <= t + 1e-9)
        next[index] = (next[index] ?? 0) + 1
      return { gate, route, mode, verdict: own[(next[index] as number) - 1] ?? null }
    })
    const verdict = combine(heard) ?? waiting(heard[0]?.verdict ?? null, t)
    if (verdict !== null) verdicts.push({ ...verdict, t })
    if (verdict?.verdict === 'fail') break
  }
  return verdicts
}

/** Before an enforced gate has shown anything, its numbers are nobody's: those of failed requests stand there. */
function waiting(errors: Verdict | null, t: number): Verdict | null {
  return errors === null ? null : { ...errors, t, verdict: 'continue', reason: 'collecting' }
}
