import { isFailure, sentenceOf } from '../../../release/failure.ts'
import { type KubeObject, type ObjectRef, refText } from '../../../release/kubernetes.ts'
import type { ReleaseState } from '../../../release/state/state.ts'
import type { RouteView } from '../../../routing/routing.ts'
import { deploymentView } from '../../../workloads/deployment.ts'
import { isMadeFor } from '../../../workloads/marks.ts'
import { replicasText } from '../../../workloads/write-summary.ts'
import type { Session } from '../../session.ts'
import { heldState } from '../../session.ts'
import { usualRetention } from '../destination-cleanup.ts'
import { recordWrite } from '../object-writes.ts'

/** How long a list and a few deletes may take, in ms of real time: nothing waits for them. */
const cleanUpTime = 20_000

/**
 * unneededWorkloads gives the Deployments that releases of a service made and that no release needs any more: neither
 * the versions that serve or may be returned to, nor one that a route gives anything.
 */
export function unneededWorkloads(
  deployments: readonly KubeObject[],
  state: ReleaseState,
  { service, retain = usualRetention }: { service: string; retain?: number | undefined },
  serving: RouteView['serving'],
): KubeObject[] {
  const kept = new Set(neededVersions(state, retain).map(({ workload }) => workload))
  const reached = new Set(serving.filter(({ share }) => share > 0).map(({ version }) => version))
  // A route that names no version may reach any of them, and so does the Service where there is no route.
  if (reached.size === 0 || reached.has(null)) return []
  return deployments.filter(
    (object) =>
      object.kind === 'Deployment' &&
      isMadeFor(object, service) &&
      // Somebody may have copied one of ours, marks and all, after the release ended.
      Date.parse(object.metadata.creationTimestamp ?? '') <= (state.endedAt ?? 0) &&
      !kept.has(object.metadata.name) &&
      !reached.has(deploymentView(object).templateLabels.version ?? ''),
  )
}

function neededVersions(state: ReleaseState, retain: number): { workload: string }[] {
  const { canary, stable, history, phase } = state
  const promoted = history.filter((entry) => !entry.rolledBack).slice(0, retain + 1)
  // A version that was left after its promotion stays until the next one; a canary that never was promoted is over.
  const left = history.some((entry) => entry.version === canary.version)
  return [
    ...(phase === 'rolled-back' && !left ? [] : [canary]),
    ...(stable === null ? [] : [stable]),
    ...promoted,
  ]
}

/**
 * cleanUpWorkloads removes the Deployments of ours that nobody needs, and gives their names. Whatever can't be removed
 * is one warning: how the release ended stands.
 */
export async function cleanUpWorkloads(session: Session): Promise<string[]> {
  const { objects: port, scope } = session
  if (port === null) return []
  const signal = AbortSignal.timeout(cleanUpTime)
  const removed: string[] = []
  try {
    const { objects } = await port.objects(scope.namespace, ['Deployment'], signal)
    const { serving } = session.routing.view(await session.routing.read(scope.namespace, signal), scope)
    const { retain } = session.settings
    for (const object of unneededWorkloads(objects, heldState(session), { ...scope, retain }, serving)) {
      const ref: ObjectRef = { kind: 'Deployment', namespace: scope.namespace, name: object.metadata.name }
      try {
        await port.deleteObject(ref, object.metadata.uid ?? '', signal)
        removed.push(refText(ref))
        const summary = replicasText(deploymentView(object).replicas)
        recordWrite(session, { action: 'delete', ref, summary })
      } catch (error) {
        keep(session, refText(ref), error)
      }
    }
  } catch (error) {
    if (!isFailure(error, 'forbidden')) keep(session, null, error)
  }
  return removed
}

function keep(session: Session, workload: string | null, error: unknown): void {
  const details = { workload, error: sentenceOf(error) }
  session.record({ type: 'warning', code: 'workload-kept', details })
}
