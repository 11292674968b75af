import type { FailureSpread } from '../../release/evidence/failed-requests.ts'
import type { LatencySpike } from '../../release/evidence/latency-spike.ts'
import { locatedPods, podsBehind } from '../actions/failed-requests.ts'
import { failureSpread } from '../evidence/failure-spread.ts'
import { latencySpike } from '../evidence/latency-spike.ts'
import type { Session } from '../session.ts'
import { countedHosts, heldState } from '../session.ts'
import type { LoopMemory } from './memory.ts'

type Span = Pick<LatencySpike, 'from' | 'until'>

/** Time that asking for the slow pods may take, ms of real time. */
const timeout = 10_000

/**
 * recordLatencySpike writes down when latency rose far above the usual, whose it is and on which pods: when it is found,
 * each time that it lasts twice as long, and once when it is over. It decides nothing, and no failure of it changes
 * anything: it never throws.
 */
export async function recordLatencySpike(
  session: Session,
  memory: LoopMemory,
  signal: AbortSignal,
): Promise<void> {
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
