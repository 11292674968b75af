import type { Identity } from '../../rollout/lifecycle/identity.ts'
import type { ReleaseStart } from '../../rollout/start/start.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'

/** releaseStartOf says with what a new release starts: who is who, and what earlier releases left. */
export function releaseStartOf(
  work: CommandSession,
  identity: Extract<Identity, { kind: 'start' | 'initial' }>,
  scene: ClusterView,
): ReleaseStart {
  const earlier = scene.found?.state ?? null
  const stable = identity.kind === 'start' ? identity.stable : null
  const kept = [identity.canary.subset, stable?.subset]
  const left = [...(earlier?.history ?? []).map((entry) => entry.subset), earlier?.canary.subset]
  return {
    stable,
    canary: identity.canary,
    runId: work.request.runId,
    fence: earlier?.fencingToken ?? 0,
    history: earlier?.history ?? [],
    made: earlier?.createdSubsets ?? [],
    ours: [...new Set(left)].filter(
      (subset): subset is string => subset !== undefined && !kept.includes(subset),
    ),
  }
}
