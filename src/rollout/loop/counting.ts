import type { CountSeries } from '../../release/counts.ts'
import { isFailure, sentenceOf } from '../../release/failure.ts'
import { assess } from '../evidence/assessment.ts'
import { askGates, recordGates } from '../gate-watch.ts'
import type { CountQuery } from '../ports.ts'
import type { Session } from '../session.ts'
import { countedHosts, heldState } from '../session.ts'
import { toCountedState } from '../state/pre-traffic-phase.ts'
import type { LoopMemory, Observation } from './observation.ts'

/**
 * countRequests asks for the counts when a point of the grid is due, and judges them; an outage is remembered, not thrown.
 */
export async function countRequests(
  session: Session,
  watch: LoopMemory,
  seen: Pick<Observation, 'births' | 'nodes'>,
  signal: AbortSignal,
): Promise<void> {
  const state = toCountedState(heldState(session), session.settings)
  if (state.source === null) return
  const lag = session.settings.metricsLag
  const steps = Math.floor((session.clock.now() - lag - state.startedAt) / state.interval + 1e-9)
  const until = state.startedAt + steps * state.interval
  if (steps < 0 || until <= watch.countedUntil) return
  const query: CountQuery = {
    host: countedHosts(session.scope, state),
    namespace: session.scope.namespace,
    source: state.source,
    start: state.startedAt,
    until,
    interval: state.interval,
    podBirths: seen.births,
  }
  try {
    watch.counts = await session.metrics.counts(query, signal)
    if (watch.outage)
      session.record({ type: 'warning', code: 'metrics-back', text: 'Prometheus answers again.' })
    watch.outage = false
  } catch (error) {
    if (signal.aborted || isFailure(error, 'aborted')) throw error
    if (!watch.outage) {
      const text = `${sentenceOf(error).replace(/\.?$/, '.')} Traffic stays where it is; without counts nothing passes.`
      session.record({ type: 'warning', code: 'metrics-outage', text })
    }
    watch.outage = true
  }
  const { nodes } = seen
  await askGates(session, watch.gates, query, { nodes, outage: watch.outage }, signal)
  watch.countedUntil = until
  judgeCounts(session, watch, until)
}

function judgeCounts(session: Session, watch: LoopMemory, until: number): void {
  const held = heldState(session)
  const state = toCountedState(held, session.settings)
  const series = watch.counts ?? { points: [], notes: [] }
  watch.assessment = assess(state, session.settings, series, until, watch.gates.evidence)
  // Copies of requests belong to no step: a record of steps has no place for them.
  if (held.preTraffic) return
  const { polls, verdicts } = watch.assessment
  const resumed = watch.recordedUntil < 0
  polls.forEach((poll, index) => {
    if (poll.t <= watch.recordedUntil) return
    session.record({
      type: 'poll',
      t: poll.t,
      step: Math.floor(poll.step / 2),
      canary: poll.canary,
      stable: poll.stable,
      control: poll.control ?? true,
      rebuilt: resumed && index < polls.length - 1,
    })
    const verdict = verdicts[index]
    if (verdict) session.record({ type: 'verdict', step: Math.floor(poll.step / 2), verdict })
    watch.recordedUntil = poll.t
  })
  recordNotes(session, watch, series)
  recordGates(session, watch.gates, watch.assessment)
}

/** What was noticed while counting is said once, however often the same series is asked for. */
function recordNotes(session: Session, watch: LoopMemory, { notes }: CountSeries): void {
  for (const note of notes) {
    const key = `${note.t} ${note.kind} ${note.instance}`
    if (watch.recordedNotes.has(key)) continue
    watch.recordedNotes.add(key)
    session.record({ type: 'count-note', note })
  }
}
