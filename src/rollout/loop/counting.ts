import { activeGates, comparisonGates } from '../../gates/selection.ts'
import type { AnswersBySide } from '../../release/evidence/answers.ts'
import type { CountNote, CountSeries } from '../../release/evidence/counts.ts'
import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import type { Outage } from '../decision/decision-input.ts'
import { assess } from '../evidence/assessment.ts'
import type { CountQuery } from '../ports.ts'
import type { Session } from '../session.ts'
import { countedHosts, currentSettings, heldState } from '../session.ts'
import { toCountedState } from '../state/pre-traffic-phase.ts'
import { gateAnnotations, recordGates } from './gate-recording.ts'
import { askGates } from './gate-watch.ts'
import { recordSlowRequests } from './latency-watch.ts'
import type { LoopMemory } from './memory.ts'
import type { ClusterObservation } from './observation.ts'
import { followLag } from './store-lag.ts'
import { recordStreams } from './stream-watch.ts'

/**
 * pollCounts asks for the counts when a point of the grid is due, and judges them; an outage is remembered, not thrown.
 */
export async function pollCounts(
  session: Session,
  memory: LoopMemory,
  seen: Pick<ClusterObservation, 'births' | 'nodes' | 'readyPods'>,
  signal: AbortSignal,
): Promise<void> {
  const state = toCountedState(heldState(session), session.settings)
  if (state.source === null || state.unjudged !== undefined) return
  if (dueUntil(session, memory, state) === null) return
  await followLag(session, countedHosts(session.scope, state), signal)
  const until = dueUntil(session, memory, state)
  if (until === null) return
  const query: CountQuery = {
    host: countedHosts(session.scope, state),
    namespace: session.scope.namespace,
    source: state.source,
    start: state.startedAt,
    until,
    interval: state.interval,
    podBirths: seen.births,
    readyPods: seen.readyPods,
    expectedRate: state.rate,
  }
  try {
    memory.counts = await session.metrics.counts(query, signal)
    if (memory.outage) session.record({ type: 'warning', code: 'metrics-back', details: null })
    memory.outage = null
  } catch (error) {
    if (signal.aborted || isFailure(error, 'aborted')) throw error
    if (!memory.outage) {
      session.record({ type: 'warning', code: 'metrics-outage', details: { error: sentenceOf(error) } })
    }
    memory.outage = toOutage(error)
  }
  const { nodes } = seen
  await askGates(session, memory.gates, query, { nodes, outage: memory.outage }, signal)
  memory.countedUntil = until
  judgeCounts(session, memory, until)
  // What explains a failure can wait until traffic is back.
  const explains = memory.assessment?.verdict?.verdict !== 'fail' && !heldState(session).preTraffic
  if (explains) await recordSlowRequests(session, memory, signal)
  await recordStreams(session, memory, signal)
}

/** dueUntil is the last point of the grid (ms) that the store should know; null where counts were asked for up to it. */
function dueUntil(session: Session, memory: LoopMemory, state: ReleaseState): number | null {
  const { startedAt, interval } = state
  const lag = currentSettings(session).metricsLag
  const steps = Math.floor((session.clock.now() - lag - startedAt) / interval + 1e-9)
  const until = startedAt + steps * interval
  return steps < 0 || until <= memory.countedUntil ? null : until
}

function toOutage(error: unknown): Outage {
  const sentence = sentenceOf(error)
  if (isFailure(error, 'unauthorized', 'forbidden')) return { reason: 'metrics-unauthorized', sentence }
  return { reason: isFailure(error, 'incomplete') ? 'metrics-partial' : 'metrics-outage', sentence }
}

function judgeCounts(session: Session, memory: LoopMemory, until: number): void {
  const held = heldState(session)
  const state = toCountedState(held, session.settings)
  const series = memory.counts ?? { points: [], notes: [] }
  memory.assessment = assess(state, session.settings, series, until, memory.gates.evidence)
  // Copies of requests belong to no step: a record of steps has no place for them.
  if (held.preTraffic || takeoverOf(held) !== null) return
  const { polls, verdicts } = memory.assessment
  const resumed = memory.recordedUntil < 0
  const answers = answersByTime(session, series)
  polls.forEach((poll, index) => {
    if (poll.t <= memory.recordedUntil) return
    session.record({
      type: 'poll',
      t: poll.t,
      step: Math.floor(poll.step / 2),
      canary: poll.canary,
      stable: poll.stable,
      control: poll.control ?? true,
      ...answers.get(poll.t),
      rebuilt: resumed && index < polls.length - 1,
    })
    const verdict = verdicts[index]
    if (verdict) session.record({ type: 'verdict', step: Math.floor(poll.step / 2), verdict })
    memory.recordedUntil = poll.t
  })
  recordNotes(session, memory, [...series.notes, ...gateAnnotations(memory.gates.evidence)])
  recordGates(session, memory.gates, memory.assessment)
}

/** What a poll's record says of the answers, by the point's time (s); empty where no gate compares them. */
function answersByTime(
  { settings }: Session,
  { points }: CountSeries,
): ReadonlyMap<number, { answers: AnswersBySide }> {
  if (comparisonGates(activeGates(settings)).length === 0) return new Map()
  return new Map(points.flatMap(({ t, answers }) => (answers === undefined ? [] : [[t, { answers }]])))
}

/** What was noticed while counting is recorded once, however often the same series is asked for. */
function recordNotes(session: Session, memory: LoopMemory, notes: readonly CountNote[]): void {
  for (const note of notes) {
    const key = `${note.t} ${note.kind} ${note.instance} ${note.gate ?? ''}`
    if (memory.recordedNotes.has(key)) continue
    memory.recordedNotes.add(key)
    session.record({ type: 'count-note', note })
  }
}
