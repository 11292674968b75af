import type { CountSeries } from '../../release/evidence/counts.ts'
import type { LatencySpike } from '../../release/evidence/latency-spike.ts'
import type { RouteSnapshot } from '../../routing/routing.ts'
import type { Decision, Outage } from '../decision/decision-input.ts'
import type { Assessment } from '../evidence/assessment.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import type { GateWatch } from './gate-watch.ts'
import { startGateWatch } from './gate-watch.ts'

/** LoopMemory is what a process remembers between two turns; all of it can be read again. */
export interface LoopMemory {
  /** Counts of the release so far; null before the first answer. */
  counts: CountSeries | null
  /** ms up to which counts were asked for. */
  countedUntil: number
  gates: GateWatch
  assessment: Assessment | null
  /** Why the last query to Prometheus has no usable answer; null: it has one. */
  outage: Outage | null
  lowSince: number | null
  unreachableSince: number | null
  /** Requests per second before the release; null where unknown. */
  rateBefore: number | null
  /** Routing as last read; null before the first turn. Turns refresh only the objects that route to the host. */
  snapshot: RouteSnapshot | null
  /** The last reading in which the canary's share was as asked: what later changes are compared with. */
  lastUndrifted?: RouteSnapshot
  /** true once this process has moved traffic. */
  shifted: boolean
  /** Seconds since the release's start of the last poll in the record. */
  recordedUntil: number
  /** How often the state was taken from the routes while this process ran. */
  recoveries: number
  /** The spike of latency that the record has, as it was `seen` then (s since the release's start); null: none. */
  recordedSpike: (Pick<LatencySpike, 'from' | 'until'> & { seen: number }) | null
  /** Polls of a step in which next to no request of the canary had ended, and whether messages of streams were found. */
  streams: { step: number; polls: number; found: boolean }
  /** The pods of a canary that was proved slower were asked for. */
  askedSlowPods: boolean
  /** Notes of the counting that are in the record. */
  recordedNotes: Set<string>
  /** Stable's ready pods when that they are fewer than at the start was last reported; null while they are not. */
  stableReported: number | null
  /** recordWait puts a waiting reason into the record when it changes. */
  recordWait(session: Session, decision: Decision): void
}

/** createLoopMemory begins with nothing seen. */
export function createLoopMemory(session: Session): LoopMemory {
  const state = heldState(session)
  let reported = ''
  return {
    counts: null,
    countedUntil: state.startedAt - 1,
    gates: startGateWatch(),
    assessment: null,
    outage: null,
    lowSince: null,
    unreachableSince: null,
    rateBefore: state.rate,
    snapshot: null,
    shifted: false,
    recordedUntil: -1,
    recoveries: 0,
    recordedSpike: null,
    askedSlowPods: false,
    streams: { step: state.step, polls: 0, found: false },
    recordedNotes: new Set(),
    stableReported: null,
    recordWait(at, decision) {
      if (decision.do !== 'wait-for-pods') return
      const { cause } = decision
      const now = JSON.stringify(cause)
      if (now !== reported) at.record({ type: 'phase', phase: 'waiting-for-pods', cause })
      reported = now
    },
  }
}
