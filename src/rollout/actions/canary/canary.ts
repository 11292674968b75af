import { Failure, isFailure, sentenceOf } from '../../../release/failure.ts'
import {
  type JsonPatchOperation,
  type KubeObject,
  type ObjectRef,
  refOfObject,
  refText,
} from '../../../release/kubernetes.ts'
import type { ReasonCode } from '../../../release/outcome/reasons.ts'
import type { ReleaseState } from '../../../release/state/state.ts'
import { takeoverOf } from '../../../release/state/takeover.ts'
import { policyName } from '../../../workloads/canary/copied-policies.ts'
import { canaryName } from '../../../workloads/canary/in-place.ts'
import { replicasPatch } from '../../../workloads/canary/track.ts'
import { defaultGrace, deploymentView, graceOf, imagesOf } from '../../../workloads/deployment.ts'
import { isMadeBy } from '../../../workloads/marks.ts'
import { madeSummary, removedSummary, replicasText } from '../../../workloads/write-summary.ts'
import type { ObjectsPort } from '../../ports.ts'
import type { Session } from '../../session.ts'
import { heldState, toSide } from '../../session.ts'
import * as takeovers from '../../state/takeover-transitions.ts'
import * as transitions from '../../state/transitions.ts'
import { applyRoutes, applyState, retryTransient, writeTime } from '../../state/writer.ts'
import { recordWrite } from '../object-writes.ts'
import { autoscalerRef, followLoad, giveMinimumBack, raiseMinimum } from './autoscaling.ts'
import { giveImage } from './takeover.ts'
import { borrowTrack, refOfTrack, returnTrack } from './track.ts'
import { wantedObjects } from './wanted-objects.ts'

/** prepareCanary makes the canary, and notes that it was made, and of which images. */
export async function prepareCanary(session: Session, signal: AbortSignal): Promise<void> {
  const objects = await patiently(session, () => makeCanary(session, signal), signal)
  const made = objects.find(({ kind }) => kind === 'Deployment')
  const image = made === undefined ? heldState(session).canary.image : imagesOf(deploymentView(made))
  const { capacityTimeout, settleMin } = session.settings
  const { workload } = heldState(session)
  // A Service and its policy reach every proxy before a route gives them anything.
  if (workload?.inPlace?.service !== undefined && workload.inPlace.takeover === undefined)
    await session.clock.sleep(settleMin, signal)
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
  if (takeoverOf(state) !== null) return [await giveImage(session, port, state, signal)]
  await raiseMinimum(session, port, state, signal)
  if (state.workload?.inPlace?.track !== undefined) return [await borrowTrack(session, port, state, signal)]
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
  const canary = made.find(({ kind }) => kind === 'Deployment')
  if (canary !== undefined)
    await followLoad(session, port, state, canary, deploymentView(canary).replicas, signal)
  return made
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
  const state = heldState(session)
  const { id, canary, workload } = state
  const ref = { kind: 'Deployment', namespace: session.scope.namespace, name: canary.workload }
  const there = await port.object(ref, signal)
  const borrowed = workload?.inPlace?.track?.workload === canary.workload
  if (there === null || !(borrowed || isMadeBy(there, id))) return
  if (!borrowed) await followLoad(session, port, state, there, replicas, signal)
  const now = deploymentView(there).replicas
  if (now >= replicas) return
  const patch: JsonPatchOperation[] = [
    { op: 'test', path: '/metadata/uid', value: there.metadata.uid ?? '' },
    ...replicasPatch(now, replicas),
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
 * mark: what somebody else put under that name stays. Traffic must have left it. It gives what it removed.
 */
export async function removeCanary(session: Session, signal: AbortSignal): Promise<ObjectRef[]> {
  const state = heldState(session)
  const port = portOf(session)
  if (state.workload?.inPlace?.track !== undefined) return returnTrack(session, port, state, signal)
  if (state.workload?.inPlace !== undefined) await leaveRoutes(session, state, signal)
  const left = await leftObjects(session, state, signal)
  for (const { ref, object } of left) {
    await port.deleteObject(ref, object.metadata.uid ?? '', signal)
    recordWrite(session, { action: 'delete', ref, summary: removedSummary(object) })
  }
  return left.map(({ ref }) => ref)
}

/** leftObjects gives what a release has made of its canary and is still there, the last made first. */
export async function leftObjects(
  session: Session,
  state: ReleaseState,
  signal: AbortSignal,
): Promise<{ ref: ObjectRef; object: KubeObject }[]> {
  const left: { ref: ObjectRef; object: KubeObject }[] = []
  for (const ref of madeObjects(session, state)) {
    const object = await portOf(session).object(ref, signal)
    if (object !== null && isMadeBy(object, state.id)) left.push({ ref, object })
  }
  return left
}

/** What a release has made, the last made first. */
function madeObjects(session: Session, { canary, workload }: ReleaseState): ObjectRef[] {
  const { scope, routing } = session
  if (workload === undefined) return []
  const { namespace } = scope
  const { inPlace, source, minimum } = workload
  if (inPlace === undefined) return [{ kind: 'Deployment', namespace, name: canary.workload }]
  const { service, policies = [] } = inPlace
  if (service === undefined) return []
  return [
    ...(minimum === undefined ? [] : [autoscalerRef(session, canaryName({ name: source }))]),
    { kind: 'Deployment', namespace, name: canaryName({ name: source }) },
    ...policies.map(({ kind, name }) => ({ kind, namespace, name: policyName(name) })),
    { kind: routing.hostPolicies.kind, namespace, name: service },
    { kind: 'Service', namespace, name: service },
  ]
}

/** A Service that goes away must be in no rule any more. */
async function leaveRoutes(session: Session, state: ReleaseState, signal: AbortSignal): Promise<void> {
  const { canary, workload } = state
  const { inPlace, source = '' } = workload ?? {}
  if (inPlace?.service === undefined) return
  const { namespace, clusterDomain } = session.scope
  const temporary = {
    version: takeovers.temporaryName(canary.version),
    destination: canaryName({ name: source }),
    host: `${inPlace.service}.${namespace}.svc.${clusterDomain}`,
  }
  const pair = { ...session.scope, stable: toSide(inPlace.stable), canary: temporary }
  const deadline = session.clock.now() + writeTime.optional
  const change = { kind: 'clean-up' as const, destination: temporary.destination }
  await applyRoutes(session, pair, change, { dryRun: true, deadline }, signal)
}

/**
 * cleanUp removes the canary that the release made, once every proxy has left it, and ends the release. Traffic is safe:
 * a canary that can't be removed is said, by its name, and ends the release all the same. `drains`: requests under way
 * get their time.
 */
export async function cleanUp(
  session: Session,
  { reason, writtenAt, drains }: { reason: ReasonCode; writtenAt: number; drains: boolean },
  signal: AbortSignal,
): Promise<void> {
  if (heldState(session).phase !== 'cleaning') return
  const drain = drains ? await drainTime(session, signal) : 0
  const left = writtenAt + session.settings.settleMin + drain - session.clock.now()
  if (left > 0) await session.clock.sleep(left, signal)
  await removeLeft(session, signal)
  await applyState(session, (state, now) => transitions.rolledBack(state, reason, now), {}, signal)
}

/** drainTime gives how long (ms) requests under way get before the canary that the release made is removed. */
export async function drainTime(session: Session, signal: AbortSignal): Promise<number> {
  const { drain } = session.settings
  if (drain !== undefined) return drain
  const state = heldState(session)
  const track = state.workload?.inPlace?.track
  const ref =
    track === undefined
      ? madeObjects(session, state).find(({ kind }) => kind === 'Deployment')
      : refOfTrack(session, track)
  if (ref === undefined) return 0
  try {
    const canary = await portOf(session).object(ref, signal)
    return canary === null ? 0 : graceOf(canary)
  } catch {
    return defaultGrace
  }
}

/**
 * removeLeft removes the canary of a release whose traffic is elsewhere, and gives back what it borrowed. It names what it
 * changed of the canary; null: that could not be done. What can't be done is said.
 */
export async function removeLeft(session: Session, signal: AbortSignal): Promise<ObjectRef[] | null> {
  const removed = await removeOrSay(session, signal)
  await giveMinimumBack(session, signal)
  return removed
}

async function removeOrSay(session: Session, signal: AbortSignal): Promise<ObjectRef[] | null> {
  const deadline = session.clock.now() + writeTime.optional
  try {
    return await retryTransient(session, deadline, () => removeCanary(session, signal), signal, 'back')
  } catch (error) {
    signal.throwIfAborted()
    const { namespace } = session.scope
    const state = heldState(session)
    const track = state.workload?.inPlace?.track
    const workload = track?.workload ?? madeObjects(session, state)[0]?.name ?? ''
    const details = { namespace, workload, error: sentenceOf(error) }
    session.record(
      track?.owed === undefined
        ? { type: 'warning', code: 'canary-kept', details }
        : { type: 'warning', code: 'track-kept', details: { ...details, replicas: track.owed.replicas } },
    )
    return null
  }
}

function portOf({ objects }: Session): ObjectsPort {
  if (objects !== null) return objects
  throw new Failure('internal', 'A release that makes its canary has no way to write it. Please report this.')
}
