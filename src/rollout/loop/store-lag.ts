import { isFailure } from '../../release/failure.ts'
import { lagFor } from '../../release/settings.ts'
import type { Session } from '../session.ts'

/**
 * followLag measures how late the store is now, where `metrics-lag: auto` says so. The lag only grows: a store that caught
 * up once may be late again. A question that fails changes nothing: the counts that are asked for next fail too.
 */
export async function followLag(session: Session, host: string, signal: AbortSignal): Promise<void> {
  if (session.settings.metricsLag !== 'auto') return
  const now = session.clock.now()
  try {
    const newest = await session.metrics.newestSample({ host, until: now }, signal)
    if (newest !== null) session.measuredLag = Math.max(session.measuredLag ?? 0, lagFor(now - newest))
  } catch (error) {
    if (signal.aborted || isFailure(error, 'aborted')) throw error
  }
}
