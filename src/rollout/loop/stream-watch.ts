import { stepCounts } from '../evidence/step-counts.ts'
import type { Session } from '../session.ts'
import { countedHosts, heldState } from '../session.ts'
import type { LoopMemory } from './memory.ts'

/** Below this many requests of the canary in a step, streams that have not ended may be why. */
const fewRequests = 20
/** Polls of a step without more after which is asked for messages; then after twice as many, and so on. */
const firstAsked = 4
/** Time that asking may take, ms of real time. */
const timeout = 10_000

/**
 * recordStreams writes down, once in each step, that gRPC messages flow where next to no request of the canary has ended:
 * they prove the share and that streams live, never health. It decides nothing, and never throws.
 */
export async function recordStreams(
  session: Session,
  memory: LoopMemory,
  signal: AbortSignal,
): Promise<void> {
  const state = heldState(session)
  const polls = memory.assessment?.polls ?? []
  const { streams } = memory
  if (streams.step !== state.step) memory.streams = { step: state.step, polls: 0, found: false }
  const { canary } = stepCounts(state, polls)
  if (state.weight <= 0 || state.preTraffic || memory.outage !== null || canary.total >= fewRequests) return
  memory.streams.polls += 1
  if (memory.streams.found || !isAskedAt(memory.streams.polls)) return
  const start = memory.countedUntil - memory.streams.polls * state.interval
  const messages = await messagesOf(session, { start, until: memory.countedUntil }, signal)
  const total = messages === null ? 0 : messages.canary + messages.stable
  if (messages === null || total === 0) return
  memory.streams.found = true
  const seconds = (memory.countedUntil - start) / 1000
  const details = {
    requests: canary.total,
    canary: messages.canary,
    total,
    weight: state.weight,
    seconds,
  }
  session.record({ type: 'warning', code: 'streams', details })
}

function isAskedAt(polls: number): boolean {
  return polls >= firstAsked && Number.isInteger(Math.log2(polls / firstAsked))
}

async function messagesOf(
  session: Session,
  { start, until }: { start: number; until: number },
  signal: AbortSignal,
): Promise<{ canary: number; stable: number } | null> {
  const state = heldState(session)
  if (state.source === null) return null
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
  const host = countedHosts(session.scope, state)
  try {
    return await session.metrics.streamMessages({ host, source: state.source, start, until }, within)
  } catch {
    return null
  }
}
