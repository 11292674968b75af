import { Failure, isFailure, sentenceOf } from '../../release/failure.ts'
import {
  type JsonPatchOperation,
  type KubeObject,
  type ObjectRef,
  refText,
} from '../../release/kubernetes.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { canaryObjects } from '../../workloads/canary-plan.ts'
import { deploymentView, imagesOf } from '../../workloads/deployment.ts'
import { isMadeBy } from '../../workloads/marks.ts'
import { madeSummary, replicasText } from '../../workloads/write-summary.ts'
import { canaryReplicas } from '../decision/capacity.ts'
import type { ObjectsPort } from '../ports.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import { applyState, retryTransient, writeTime } from '../state/writer.ts'
import { recordWrite } from './object-writes.ts'

/** prepareCanary makes the canary, and notes that it was made, and of which images. */
export async function prepareCanary(session: Session, signal: AbortSignal): Promise<void> {
  const objects = await patiently(session, () => makeCanary(session, signal), signal)
  const made = objects.find(({ kind }) => kind === 'Deployment')
  const image = made === undefined ? heldState(session).canary.image : imagesOf(deploymentView(made))
  const { capacityTimeout } = session.settings
  const prepared = (state: ReleaseState, now: number) =>
    transitions.prepared(state, { image, capacityTimeout }, now)
  await applyState(session, prepared, {}, signal)
}

/**
 * makeCanary makes what the canary consists of, as far as it isn't there: whoever goes on after a process that died
 * in between makes the rest. It throws Failure: `refused` where a name is somebody else's or stable's Deployment is
 * gone, and what the port throws (`rejected` in the server's words: quota, admission). It gives them as they are there.
 */
export async function makeCanary(session: Session, signal: AbortSignal): Promise<KubeObject[]> {
  const port = portOf(session)
  const state = heldState(session)
  const made: KubeObject[] = []
  for (const object of await wantedObjects(session, port, state, signal)) {
    const ref = refOfObject(object)
    const there = await port.object(ref, signal)
    if (there !== null) refuseForeign(there, ref, state)
    if (there === null) {
      made.push(await create(port, object, state, signal))
      recordWrite(session, {
        action: 'create',
        ref,
        summary: madeSummary(object, state.workload?.source ?? ''),
      })
    } else made.push(there)
  }
  return made
}

async function wantedObjects(
  { scope }: Session,
  port: ObjectsPort,
  { id, canary, workload, steps, stableReady }: ReleaseState,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  if (workload === undefined) return []
  const ref = { kind: 'Deployment', namespace: scope.namespace, name: workload.source }
  const source = await port.object(ref, signal)
  if (source === null)
    throw new Failure('refused', `${refText(ref)} is gone: the canary can't be made of it any more.`)
  const replicas = canaryReplicas(workload.size, steps[0] ?? 100, stableReady)
  const release = { id, service: scope.service, version: canary.version, replicas }
  const objects = canaryObjects(source, workload, release)
  if (Array.isArray(objects)) return objects
  throw new Failure('refused', `${objects.text} ${objects.remedy}`)
}

/** An answer can be lost, and the object made all the same: then it carries the release's mark. */
async function create(
  port: ObjectsPort,
  object: KubeObject,
  state: ReleaseState,
  signal: AbortSignal,
): Promise<KubeObject> {
  try {
    return await port.createObject(object, { dryRun: false }, signal)
  } catch (error) {
    if (!isFailure(error, 'already-exists')) throw error
    const there = await port.object(refOfObject(object), signal)
    if (there === null) throw error
    refuseForeign(there, refOfObject(object), state)
    return there
  }
}

/**
 * scaleCanary gives the canary more replicas, if it has fewer. Where its Deployment is gone, or is somebody else's now,
 * nothing is written: its pods tell what to do.
 */
export function scaleCanary(session: Session, replicas: number, signal: AbortSignal): Promise<void> {
  return patiently(session, () => scaleOnce(session, replicas, signal), signal)
}

/** patiently tries again what an odd answer or a lost race stops, as writes of routes are: each try looks anew. */
function patiently<T>(session: Session, act: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return retryTransient(session, session.clock.now() + writeTime.forward, act, signal)
}

async function scaleOnce(session: Session, replicas: number, signal: AbortSignal): Promise<void> {
  const port = portOf(session)
  const { id, canary } = heldState(session)
  const ref = { kind: 'Deployment', namespace: session.scope.namespace, name: canary.workload }
  const there = await port.object(ref, signal)
  if (there === null || !isMadeBy(there, id)) return
  const now = deploymentView(there).replicas
  if (now >= replicas) return
  const patch: JsonPatchOperation[] = [
    { op: 'test', path: '/metadata/uid', value: there.metadata.uid ?? '' },
    { op: 'test', path: '/spec/replicas', value: now },
    { op: 'replace', path: '/spec/replicas', value: replicas },
  ]
  await port.patchObject(ref, patch, { dryRun: false }, signal)
  recordWrite(session, { action: 'patch', ref, summary: replicasText(replicas), patch })
}

function refuseForeign(there: KubeObject, ref: ObjectRef, { id }: ReleaseState): void {
  if (isMadeBy(there, id)) return
  throw new Failure('refused', `There is ${refText(ref)} already, and this release did not make it.`)
}

/**
 * removeCanary deletes what the release made, the last made first, each by the uid of the object that carries its
 * mark: what somebody else put under that name stays. Traffic must have left it.
 */
export async function removeCanary(session: Session, signal: AbortSignal): Promise<void> {
  const { id, canary, workload } = heldState(session)
  if (workload === undefined) return
  const port = portOf(session)
  const ref = { kind: 'Deployment', namespace: session.scope.namespace, name: canary.workload }
  const there = await port.object(ref, signal)
  if (there === null || !isMadeBy(there, id)) return
  await port.deleteObject(ref, there.metadata.uid ?? '', signal)
  recordWrite(session, { action: 'delete', ref, summary: replicasText(deploymentView(there).replicas) })
}

/**
 * cleanUp removes the canary that the release made, once every proxy has left it, and ends the release. Traffic is safe:
 * a canary that can't be removed is said, by its name, and ends the release all the same.
 */
export async function cleanUp(
  session: Session,
  reason: ReasonCode,
  writtenAt: number,
  signal: AbortSignal,
): Promise<void> {
  const { phase, canary } = heldState(session)
  if (phase !== 'cleaning') return
  const left = writtenAt + session.settings.settleMin - session.clock.now()
  if (left > 0) await session.clock.sleep(left, signal)
  const deadline = session.clock.now() + writeTime.optional
  try {
    await retryTransient(session, deadline, () => removeCanary(session, signal), signal, 'back')
  } catch (error) {
    signal.throwIfAborted()
    const { namespace } = session.scope
    const details = { namespace, workload: canary.workload, error: sentenceOf(error) }
    session.record({ type: 'warning', code: 'canary-kept', details })
  }
  await applyState(session, (state, now) => transitions.rolledBack(state, reason, now), {}, signal)
}

function portOf({ objects }: Session): ObjectsPort {
  if (objects !== null) return objects
  throw new Failure('internal', 'A release that makes its canary has no way to write it. Please report this.')
}

function refOfObject({ kind, metadata }: KubeObject): ObjectRef {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name }
}
