import type { Verdict } from '../../release/verdict.ts'
import type { Assessment } from '../evidence/assessment.ts'
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
  for (const { gate, route, countsFailedRequests, polls: own, readings, part } of gates) {
    const shown = countsFailedRequests || part ? [] : own.filter(isNew)
    for (const poll of shown) recordPoll(session, { gate, route }, poll, from < 0 && poll.t < last.t)
    for (const { t, outcome, value, text } of readings.filter(isNew)) {
      session.record({ type: 'reading', gate, t, step: stepOf(t), outcome, value, text })
    }
  }
  const whole = gates.filter(({ part }) => part === undefined)
  if (whole.length > 1) recordAnswers(session, whole, stepOf(last.t))
  recordDifferences(session, gates, { isNew, stepOf })
  recordInfrastructure(session, watch, from)
  watch.recordedUntil = last.t
}

function recordPoll(
  session: Session,
  { gate, route }: Pick<Assessment['gates'][number], 'gate' | 'route'>,
  { t, step, canary, stable, control = true }: Assessment['polls'][number],
  rebuilt: boolean,
): void {
  const place = route === null ? { gate } : { gate, route }
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
  // What one version answers more often, the other answers less often: reported once.
  const reported = proved.some(({ part }) => !part?.exchanged)
  for (const one of proved) {
    const verdict = one.verdicts.at(-1) as Verdict
    if (!isNew(verdict)) continue
    recordAnswers(session, [one], stepOf(verdict.t))
    if (one.part?.exchanged && reported) continue
    const { bad, mode } = one
    const { canary, stable } = verdict.numbers
    const details = { bad, mode, canary, stable, logAbort: verdict.logAbort }
    session.record({ type: 'warning', code: 'profile', details })
  }
}

function recordInfrastructure(session: Session, watch: GateWatch, from: number): void {
  for (const point of watch.evidence.infrastructure) {
    if (point.t <= from) continue
    const issue = infrastructureIssue(point)
    if (issue !== null) session.record({ type: 'infrastructure', ...point, issue })
  }
}
