import type { CountNote } from '../../release/evidence/counts.ts'
import type { GateEvidence, LatencyView } from '../../release/evidence/gate-evidence.ts'
import type { Verdict } from '../../release/verdict.ts'
import type { Assessment } from '../evidence/assessment.ts'
import type { GateAssessment } from '../evidence/gate-assessed.ts'
import { infrastructureIssue } from '../evidence/infrastructure-health.ts'
import type { Session } from '../session.ts'
import type { GateWatch } from './gate-watch.ts'

/**
 * recordGates writes down what the gates showed and answered since the last time: counts, readings, each gate's own
 * answer where there is more than the total of failed requests, and degraded nodes and sidecars.
 */
export function recordGates(session: Session, watch: GateWatch, { gates, polls }: Assessment): void {
  const last = polls.at(-1)
  if (last === undefined) return
  const from = watch.recordedUntil
  const isNew = ({ t }: { t: number }) => t > from
  const stepOf = (t: number) => Math.floor((polls.findLast((poll) => poll.t <= t)?.step ?? 0) / 2)
  for (const one of gates) {
    recordPolls(session, one, { isNew, lastAt: last.t, isFirst: from < 0 })
    for (const { t, outcome, value, text } of one.readings.filter(isNew)) {
      session.record({ type: 'reading', gate: one.gate, t, step: stepOf(t), outcome, value, text })
    }
  }
  const whole = gates.filter(({ part }) => part === undefined)
  if (whole.length > 1) recordAnswers(session, whole, stepOf(last.t))
  recordDifferences(session, gates, { isNew, stepOf })
  recordInfrastructure(session, watch, from)
  watch.recordedUntil = last.t
}

/** gateAnnotations is what the store remarks on the answers about gates; all else that is noticed the errors show too. */
export function gateAnnotations({ answers }: GateEvidence): CountNote[] {
  return answers.flatMap((answer) => {
    if (answer.kind !== 'counts' || answer.route !== null) return []
    const annotations = answer.series.notes.filter(({ kind }) => kind === 'info')
    return annotations.map((note) => ({ ...note, gate: answer.gate }))
  })
}

/** What follows from the counts of all requests is not written down again. */
function recordPolls(
  session: Session,
  { gate, route, countsFailedRequests, polls, part, quantiles }: GateAssessment,
  { isNew, lastAt, isFirst }: { isNew: (poll: { t: number }) => boolean; lastAt: number; isFirst: boolean },
): void {
  if (countsFailedRequests || part?.asked === false) return
  for (const poll of polls.filter(isNew)) {
    const isLast = poll.t === lastAt
    const times = part !== undefined && quantiles !== null && isLast ? { quantiles } : {}
    recordPoll(session, { gate, route, ...times }, poll, isFirst && !isLast)
  }
}

function recordPoll(
  session: Session,
  { route, ...others }: Pick<GateAssessment, 'gate' | 'route'> & { quantiles?: LatencyView },
  { t, step, canary, stable, control = true }: Assessment['polls'][number],
  rebuilt: boolean,
): void {
  const place = route === null ? others : { ...others, route }
  session.record({ type: 'poll', ...place, t, step: Math.floor(step / 2), canary, stable, control, rebuilt })
}

function recordAnswers(session: Session, gates: Assessment['gates'], step: number): void {
  for (const { gate, route, kind, mode, bad, verdicts, quantiles } of gates) {
    const verdict = verdicts.at(-1)
    if (verdict === undefined) continue
    const figures = quantiles === null ? {} : { quantiles }
    session.record({ type: 'gate', step, gate, route, kind, mode, bad, verdict, ...figures })
  }
}

/** Of many comparisons those are written down that have come to a difference, once each. */
function recordDifferences(
  session: Session,
  gates: Assessment['gates'],
  { isNew, stepOf }: { isNew: (verdict: Verdict) => boolean; stepOf: (t: number) => number },
): void {
  const proved = gates.filter(
    ({ part, verdicts }) => part !== undefined && verdicts.at(-1)?.verdict === 'fail',
  )
  for (const one of proved) {
    const verdict = one.verdicts.at(-1) as Verdict
    if (!isNew(verdict)) continue
    recordAnswers(session, [one], stepOf(verdict.t))
    const alike = proved.filter(({ gate }) => gate === one.gate)
    if (one.part === undefined || isReported(one, alike, isNew)) continue
    const { bad, mode } = one
    const { canary, stable } = verdict.numbers
    const details = { bad, mode, canary, stable, logAbort: verdict.logAbort }
    session.record({ type: 'warning', code: one.part.warning, details })
  }
}

/**
 * isReported keeps a difference from being reported twice: what one version answers more often, the other answers less often,
 * and who is slow at one bound is slow at the next.
 */
function isReported(
  one: GateAssessment,
  alike: readonly GateAssessment[],
  isNew: (verdict: Verdict) => boolean,
): boolean {
  if (one.part?.exchanged) return alike.some(({ part }) => !part?.exchanged)
  if (one.part?.warning !== 'latency') return false
  return alike.indexOf(one) > 0 || alike.some(({ verdicts }) => !isNew(verdicts.at(-1) as Verdict))
}

function recordInfrastructure(session: Session, watch: GateWatch, from: number): void {
  for (const point of watch.evidence.infrastructure) {
    if (point.t <= from) continue
    const issue = infrastructureIssue(point)
    if (issue !== null) session.record({ type: 'infrastructure', ...point, issue })
  }
}
