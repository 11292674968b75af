import type { FailureSpread } from '../../release/evidence/failed-requests.ts'
import type { LatencySpike } from '../../release/evidence/latency-spike.ts'
import { locatedPods, podsBehind } from '../actions/failed-requests.ts'
import { failureSpread } from '../evidence/failure-spread.ts'
import { latencySpike, slowBound } from '../evidence/latency-spike.ts'
import type { Session } from '../session.ts'
import { countedHosts, heldState } from '../session.ts'
import type { LoopMemory } from './memory.ts'

type Span = Pick<LatencySpike, 'from' | 'until'>

/** Time that asking for the slow pods may take, ms of real time: what helps people keeps no decision waiting. */
const timeout = 3000

/**
 * recordSlowRequests writes down what is known of slow requests beside their counts: when latency rose far above the
 * usual, and where the slow requests of a canary lie that was proved slower. It decides nothing, and no failure of it
 * changes anything: it never throws.
 */
export async function recordSlowRequests(
  session: Session,
  memory: LoopMemory,
  signal: AbortSignal,
): Promise<void> {
  await recordSpike(session, memory, signal)
  await recordSlowPods(session, memory, signal)
}

/** A spike is written down when it is found, each time that it lasts twice as long, and once when it is over. */
async function recordSpike(session: Session, memory: LoopMemory, signal: AbortSignal): Promise<void> {
  const spike = latencySpike(memory.assessment?.gates ?? [])
  const { startedAt } = heldState(session)
  const seen = (memory.countedUntil - startedAt) / 1000
  if (spike === null || isRecorded(spike, memory.recordedSpike, seen)) return
  memory.recordedSpike = { ...spike, seen }
  const window = { from: startedAt + spike.from * 1000, until: startedAt + (spike.until ?? seen) * 1000 }
  session.record({
    type: 'latency-spike',
    ...spike,
    spread: await spreadOf(session, spike.bound, window, signal),
  })
}

/** Once: the place of what was proved is not told better by more of it. */
async function recordSlowPods(session: Session, memory: LoopMemory, signal: AbortSignal): Promise<void> {
  const state = heldState(session)
  const [first] = state.stepStates
  const bound = slowBound(memory.assessment?.gates ?? [], state.gates?.bounds ?? {})
  if (memory.askedSlowPods || first === undefined || bound === null) return
  memory.askedSlowPods = true
  const window = { from: first.writtenAt, until: memory.countedUntil }
  const spread = await spreadOf(session, bound, window, signal)
  if (spread !== null) session.record({ type: 'slow-pods', bound, spread })
}

function isRecorded({ from, until }: Span, before: LoopMemory['recordedSpike'], seen: number): boolean {
  if (before === null || from > (before.until ?? seen)) return false
  return until === null
    ? before.until === null && seen - from < 2 * (before.seen - before.from)
    : until === before.until
}

async function spreadOf(
  session: Session,
  bound: number,
  { from, until }: { from: number; until: number },
  signal: AbortSignal,
): Promise<FailureSpread | null> {
  const state = heldState(session)
  const { source } = state
  if (source === null) return null
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
  const host = countedHosts(session.scope, state)
  try {
    const pods = await session.metrics.slowPods({ host, source, start: from, until, bound }, within)
    return failureSpread({ pods: locatedPods(pods, await podsBehind(session, within)) })
  } catch {
    return null
  }
}
