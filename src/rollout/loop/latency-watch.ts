import type { FailureSpread } from '../../release/evidence/failed-requests.ts'
import { locatedPods, podsBehind } from '../actions/failed-requests.ts'
import { failureSpread } from '../evidence/failure-spread.ts'
import { latencySpike } from '../evidence/latency-spike.ts'
import type { Session } from '../session.ts'
import { countedHosts, heldState } from '../session.ts'
import type { LoopMemory } from './memory.ts'

/** Time that asking for the slow pods may take, ms of real time. */
const timeout = 10_000

/**
 * recordLatencySpike writes down when latency rose far above the usual, whose it is and on which pods, once when it is
 * found and once when it is over. It decides nothing, and no failure of it changes anything: it never throws.
 */
export async function recordLatencySpike(
  session: Session,
  memory: LoopMemory,
  signal: AbortSignal,
): Promise<void> {
  const spike = latencySpike(memory.assessment?.gates ?? [])
  const name = spike === null ? null : `${spike.from} ${spike.until}`
  if (spike === null || name === memory.recordedSpike) return
  memory.recordedSpike = name
  const { startedAt } = heldState(session)
  const window = {
    from: startedAt + spike.from * 1000,
    until: spike.until === null ? memory.countedUntil : startedAt + spike.until * 1000,
  }
  session.record({
    type: 'latency-spike',
    ...spike,
    spread: await spreadOf(session, spike.bound, window, signal),
  })
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
