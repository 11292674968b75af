import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { VersionRef } from '../../release/state/state.ts'
import type { Session } from '../session.ts'
import { toSide } from '../session.ts'
import { applyRoutes, writeTime } from '../state/writer.ts'

/**
 * pinVersion makes every route of the target name one version. The session must hold the Lease. It gives how many
 * objects were written.
 */
export async function pinVersion(
  session: Session,
  version: VersionRef,
  workloads: WorkloadsSnapshot,
  signal: AbortSignal,
): Promise<number> {
  const side = toSide(version)
  const pair = { ...session.scope, stable: side, canary: side }
  const deadline = session.clock.now() + writeTime.forward
  const options = { dryRun: true, deadline }
  const destinations = await applyRoutes(session, pair, { kind: 'prepare' }, options, signal)
  if (destinations > 0) await session.clock.sleep(session.settings.settleMin, signal)
  const pin = { kind: 'pin' as const, retired: [], service: workloads.service }
  const routes = await applyRoutes(session, pair, pin, options, signal)
  if (routes > 0) await session.clock.sleep(session.settings.settleMin, signal)
  return destinations + routes
}
