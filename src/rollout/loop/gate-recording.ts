import type { Assessment } from '../evidence/assessment.ts'
import { infrastructureIssue } from '../evidence/infrastructure-health.ts'
import type { Session } from '../session.ts'
import type { GateWatch } from './gate-watch.ts'

/**
 * recordGates writes down what the gates showed and answered since the last time: counts, readings, each gate's own
 * answer where there is more than the total of failed requests, and trouble of nodes and sidecars.
 */
export function recordGates(session: Session, watch: GateWatch, { gates, polls }: Assessment): void {
  const last = polls.at(-1)
  if (last === undefined) return
  const from = watch.recordedUntil
  const isNew = ({ t }: { t: number }) => t > from
  const stepOf = (t: number) => Math.floor((polls.findLast((poll) => poll.t <= t)?.step ?? 0) / 2)
  for (const { gate, route, countsFailedRequests, polls: own, readings } of gates) {
    for (const poll of countsFailedRequests ? [] : own.filter(isNew)) {
      session.record({
        type: 'poll',
        gate,
        ...(route === null ? {} : { route }),
        t: poll.t,
        step: Math.floor(poll.step / 2),
        canary: poll.canary,
        stable: poll.stable,
        control: poll.control ?? true,
        rebuilt: from < 0 && poll.t < last.t,
      })
    }
    for (const { t, outcome, value, text } of readings.filter(isNew)) {
      session.record({ type: 'reading', gate, t, step: stepOf(t), outcome, value, text })
    }
  }
  if (gates.length > 1) recordAnswers(session, gates, stepOf(last.t))
  recordInfrastructure(session, watch, from)
  watch.recordedUntil = last.t
}

function recordAnswers(session: Session, gates: Assessment['gates'], step: number): void {
  for (const { gate, route, kind, mode, bad, verdicts, quantiles } of gates) {
    const verdict = verdicts.at(-1)
    if (verdict === undefined) continue
    const figures = quantiles === null ? {} : { quantiles }
    session.record({ type: 'gate', step, gate, route, kind, mode, bad, verdict, ...figures })
  }
}

function recordInfrastructure(session: Session, watch: GateWatch, from: number): void {
  for (const point of watch.evidence.infrastructure) {
    if (point.t <= from) continue
    const issue = infrastructureIssue(point)
    if (issue !== null) session.record({ type: 'infrastructure', ...point, issue })
  }
}
