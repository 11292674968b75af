import type { CountPoint } from '../../../release/evidence/counts.ts'
import type { Sight } from '../../../release/outcome/sight.ts'
import type { ReleaseState } from '../../../release/state/state.ts'
import { type SettlingState, withdrawalState } from '../../decision/settling.ts'
import { keepLease } from '../../lifecycle/lease.ts'
import type { Session } from '../../session.ts'
import { countedHosts, currentSettings, heldState } from '../../session.ts'

/**
 * watchShare sees the share of new requests of the version that is left, which is the canary unless `left` says else, fall
 * to nothing after a write at `writtenAt` (ms since the epoch), for at most `settle-timeout`. `signal` null or aborted: nothing is awaited. It never throws:
 * traffic was moved already, and what is seen of it is only said.
 */
export async function watchShare(
  session: Session,
  writtenAt: number,
  signal: AbortSignal | null,
  left: 'stable' | 'canary' = 'canary',
): Promise<Sight> {
  const { source } = heldState(session)
  const version = heldState(session)[left]?.version ?? ''
  if (signal === null || signal.aborted) return { kind: 'not-watched' }
  if (session.withoutMetrics === true) return { kind: 'not-seen', why: 'no-prometheus' }
  if (source === null) return { kind: 'not-seen', why: 'too-few' }
  try {
    return toSight(await settled(session, { source, writtenAt, left }, signal), version)
  } catch {
    return signal.aborted ? { kind: 'not-watched' } : { kind: 'not-seen', why: 'no-answer' }
  }
}

type Settled = Exclude<SettlingState, { state: 'waiting' }>

async function settled(
  session: Session,
  {
    source,
    writtenAt,
    left,
  }: { source: NonNullable<ReleaseState['source']>; writtenAt: number; left: 'stable' | 'canary' },
  signal: AbortSignal,
): Promise<Settled> {
  const { clock } = session
  const settings = currentSettings(session)
  const { interval } = heldState(session)
  const start = Math.floor(writtenAt / interval) * interval
  const deadline = Math.max(settings.settleMin, settings.settleTimeout)
  for (;;) {
    const now = clock.now()
    const grid = Math.floor((now - settings.metricsLag - start) / interval)
    const until = start + grid * interval
    const points = grid < 1 ? [] : await countedPoints(session, source, { start, until, interval }, signal)
    const state = withdrawalState(
      {
        writtenAt: (writtenAt - start) / 1000,
        minimum: settings.settleMin / 1000,
        deadline: deadline / 1000,
        now: (now - start) / 1000,
      },
      left === 'canary' ? points : points.map(turned),
    )
    if (state.state !== 'waiting') return state
    const next = start + (Math.max(grid, 0) + 1) * interval + settings.metricsLag
    await clock.sleep(Math.max(1, Math.min(next, writtenAt + deadline) - now), signal)
    if (session.lease) await keepLease(session.lease, signal)
  }
}

/** turned gives a point with what is asked about the canary said of stable. */
function turned({ canary, stable, largestRise: _, ...others }: CountPoint): CountPoint {
  return { ...others, canary: stable, stable: canary }
}

async function countedPoints(
  session: Session,
  source: NonNullable<ReleaseState['source']>,
  times: { start: number; until: number; interval: number },
  signal: AbortSignal,
): Promise<CountPoint[]> {
  const { namespace } = session.scope
  const host = countedHosts(session.scope, heldState(session))
  const query = { host, namespace, source, ...times, podBirths: {} }
  return (await session.metrics.counts(query, signal)).points
}

function toSight(state: Settled, version: string): Sight {
  const { observed } = state
  const counted = state.state === 'exceeded' || state.seen !== 'unknown'
  if (observed === null || !counted) return { kind: 'not-seen', why: 'too-few' }
  const { canary, total } = observed
  return { kind: 'seen', version, canary, total, lasting: state.state === 'exceeded' }
}
