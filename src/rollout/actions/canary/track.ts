import { Failure } from '../../../release/failure.ts'
import type { JsonPatchOperation, KubeObject, ObjectRef } from '../../../release/kubernetes.ts'
import { refText } from '../../../release/kubernetes.ts'
import type { ReleaseState, Track } from '../../../release/state/state.ts'
import { replicasPatch } from '../../../workloads/canary/track.ts'
import { type DeploymentView, deploymentView } from '../../../workloads/deployment.ts'
import { changesBetween, imagePatch } from '../../../workloads/image-change.ts'
import { borrowedSummary } from '../../../workloads/write-summary.ts'
import { canaryReplicas } from '../../decision/capacity.ts'
import type { ObjectsPort } from '../../ports.ts'
import type { Session } from '../../session.ts'
import { heldState } from '../../session.ts'
import * as transitions from '../../state/transitions.ts'
import { applyState } from '../../state/writer.ts'
import { recordWrite } from '../object-writes.ts'
import { knownChanges } from './takeover.ts'

/**
 * borrowTrack gives a standing Deployment the image of a release and the replicas that its first share needs. Done
 * already, nothing is written. It throws Failure `refused` where it is gone, or somebody else changed its image meanwhile.
 */
export async function borrowTrack(
  session: Session,
  port: ObjectsPort,
  { workload, steps, stableReady }: ReleaseState,
  signal: AbortSignal,
): Promise<KubeObject> {
  const track = workload?.inPlace?.track
  if (workload === undefined || track === undefined)
    throw new Failure('internal', 'There is no Deployment to borrow. Please report this.')
  const ref = refOfTrack(session, track)
  const there = await port.object(ref, signal)
  if (there === null) throw new Failure('refused', `${refText(ref)} is gone: there is no canary any more.`)
  const view = deploymentView(there)
  const images = imagePatch(knownChanges(there, { to: workload.image, from: track.owed?.before ?? '' }))
  const wanted = canaryReplicas(workload.size, steps[0] ?? 100, stableReady)
  const replicas = Math.max(view.replicas, wanted)
  return patchTrack(session, port, { ref, view, images, replicas }, signal)
}

/**
 * returnTrack gives a borrowed Deployment back what it had: its replicas, and its image where it was rolled back. An
 * image that somebody else gave it meanwhile stays. It names what it changed.
 */
export async function returnTrack(
  session: Session,
  port: ObjectsPort,
  { workload }: ReleaseState,
  signal: AbortSignal,
): Promise<ObjectRef[]> {
  const track = workload?.inPlace?.track
  if (workload === undefined || track?.owed === undefined) return []
  const { before, replicas } = track.owed
  const ref = refOfTrack(session, track)
  const there = await port.object(ref, signal)
  if (there === null) return []
  const view = deploymentView(there)
  // What stable took over stays the canary's as well; where that was aborted, it has the image that was given up.
  const { takeover, before: other = '' } = workload.inPlace ?? {}
  const keeps = takeover !== undefined && imagesTo(view, workload.image, '')?.length === 0
  const images = keeps ? [] : (imagesTo(view, before, takeover === undefined ? workload.image : other) ?? [])
  if (images.length === 0 && view.replicas === replicas) return []
  await patchTrack(session, port, { ref, view, images, replicas }, signal)
  return [ref]
}

/** noteReturned says in the state that a borrowed Deployment has back what it had; whoever comes later does it else. */
export async function noteReturned(session: Session, signal: AbortSignal): Promise<void> {
  if (heldState(session).workload?.inPlace?.track?.owed === undefined) return
  await applyState(session, transitions.trackReturned, {}, signal)
}

/** imagesTo gives the patch from one image to another; empty where it has it already, null where it has neither. */
function imagesTo(view: DeploymentView, to: string, from: string): JsonPatchOperation[] | null {
  const changes = changesBetween(view, to, from)
  return Array.isArray(changes) ? imagePatch(changes) : null
}

async function patchTrack(
  session: Session,
  port: ObjectsPort,
  wanted: { ref: ObjectRef; view: DeploymentView; images: JsonPatchOperation[]; replicas: number },
  signal: AbortSignal,
): Promise<KubeObject> {
  const { ref, view, images, replicas } = wanted
  const scale = replicasPatch(view.replicas, replicas)
  if (images.length + scale.length === 0) return view.object
  const patch: JsonPatchOperation[] = [
    { op: 'test', path: '/metadata/uid', value: view.uid },
    ...images,
    ...scale,
  ]
  const after = await port.patchObject(ref, patch, { dryRun: false }, signal)
  const summary = borrowedSummary(deploymentView(after), images.length > 0)
  recordWrite(session, { action: 'patch', ref, summary, patch })
  return after
}

/** refOfTrack names the Deployment that a release borrows. */
export function refOfTrack({ scope }: Session, { workload }: Track): ObjectRef {
  return { kind: 'Deployment', namespace: scope.namespace, name: workload }
}
