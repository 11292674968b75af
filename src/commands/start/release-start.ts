import type { CanaryWorkload, ReleaseState, VersionRef } from '../../release/state/state.ts'
import type { Identity } from '../../rollout/lifecycle/identity.ts'
import type { ReleaseStart } from '../../rollout/start/release-start.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'

/** releaseStartOf says with what a new release starts: who is who, and what earlier releases left. */
export function releaseStartOf(
  command: CommandSession,
  identity: Extract<Identity, { kind: 'start' | 'initial' }>,
  view: ClusterView,
  unjudged?: ReleaseStart['unjudged'],
): ReleaseStart {
  const earlier = view.found?.state ?? null
  const stable = identity.kind === 'start' ? identity.stable : null
  const kept = [identity.canary.destination, stable?.destination]
  const left = [...(earlier?.history ?? []).map((entry) => entry.destination), earlier?.canary.destination]
  return {
    stable,
    canary: identity.canary,
    runId: command.request.runId,
    fencingToken: earlier?.fencingToken ?? 0,
    history: earlier?.history ?? [],
    createdDestinations: earlier?.createdDestinations ?? [],
    ...(unjudged === undefined ? {} : { unjudged }),
    ...(earlier?.reason === 'superseded' ? { superseded: superseded(earlier) } : {}),
    ...(view.asked.plan?.kind === 'make' ? { workload: withStable(view.asked.plan.workload, stable) } : {}),
    retired: [...new Set(left)].flatMap((name) => (name === undefined || kept.includes(name) ? [] : [name])),
  }
}

/** What was stable is found again by its destination, as the routes name it. */
function withStable(workload: CanaryWorkload, stable: VersionRef | null): CanaryWorkload {
  const { inPlace } = workload
  return inPlace === undefined || stable === null
    ? workload
    : { ...workload, inPlace: { ...inPlace, stable } }
}

/** The most versions that are kept of a row of releases of which each superseded the one before. */
const mostSuperseded = 10

function superseded({ canary, superseded: before = [] }: ReleaseState): string[] {
  return [...new Set([canary.version, ...before])].slice(0, mostSuperseded)
}
