import { sentenceOf } from '../../../release/failure.ts'
import type { JsonPatchOperation, KubeObject, ObjectRef } from '../../../release/kubernetes.ts'
import type { ReleaseState } from '../../../release/state/state.ts'
import {
  canaryAutoscaler,
  leastPatch,
  raisePatch,
  returnPatch,
} from '../../../workloads/canary/autoscaler.ts'
import { isMadeBy } from '../../../workloads/marks.ts'
import { minimumText } from '../../../workloads/write-summary.ts'
import { podsNeeded } from '../../decision/capacity.ts'
import type { ObjectsPort } from '../../ports.ts'
import type { Session } from '../../session.ts'
import { heldState } from '../../session.ts'
import { retryTransient, writeTime } from '../../state/writer.ts'
import { recordWrite } from '../object-writes.ts'

/** From this share on (percent) a canary is scaled by its load as stable is. */
const scaledFrom = 50

/**
 * raiseMinimum keeps stable at its size while its traffic goes: its autoscaler would take its pods away, and they are
 * what a rollback returns to. Done already, nothing is written.
 */
export async function raiseMinimum(
  session: Session,
  port: ObjectsPort,
  { id, workload }: ReleaseState,
  signal: AbortSignal,
): Promise<void> {
  const minimum = workload?.minimum
  if (minimum === undefined) return
  const ref = autoscalerRef(session, minimum.autoscaler)
  const there = await port.object(ref, signal)
  const patch = there === null ? null : raisePatch(there, minimum, id)
  if (patch === null) return
  await port.patchObject(ref, patch, { dryRun: false }, signal)
  recordWrite(session, { action: 'patch', ref, summary: minimumText(minimum.raised), patch })
}

/**
 * giveMinimumBack gives the autoscaler its minimum back, the last thing of a release: all traffic is where it stays. What
 * can't be given back is said, with the command.
 */
export async function giveMinimumBack(session: Session, signal: AbortSignal): Promise<void> {
  const { objects, clock, scope } = session
  const state = heldState(session)
  const minimum = state.workload?.minimum
  if (minimum === undefined || objects === null) return
  const ref = autoscalerRef(session, minimum.autoscaler)
  const give = async (): Promise<void> => {
    const patch = await patchBack(session, state, signal)
    if (patch === null) return
    await objects.patchObject(ref, patch, { dryRun: false }, signal)
    recordWrite(session, { action: 'patch', ref, summary: minimumText(minimum.before ?? 1), patch })
  }
  try {
    await retryTransient(session, clock.now() + writeTime.optional, give, signal, 'back')
  } catch (error) {
    signal.throwIfAborted()
    const { autoscaler, before } = minimum
    const details = { namespace: scope.namespace, autoscaler, before: before ?? 1, error: sentenceOf(error) }
    session.record({ type: 'warning', code: 'minimum-kept', details })
  }
}

/**
 * followLoad gives a canary that has half of the traffic or more an autoscaler like stable's, which never leaves it with
 * fewer than `replicas`.
 */
export async function followLoad(
  session: Session,
  port: ObjectsPort,
  { id, workload, stableReady }: ReleaseState,
  canary: KubeObject,
  replicas: number,
  signal: AbortSignal,
): Promise<void> {
  const minimum = workload?.minimum
  if (minimum === undefined || replicas < podsNeeded(scaledFrom, stableReady)) return
  const ref = autoscalerRef(session, canary.metadata.name)
  const there = await port.object(ref, signal)
  if (there === null) {
    const stables = await port.object(autoscalerRef(session, minimum.autoscaler), signal)
    if (stables === null) return
    await port.createObject(canaryAutoscaler(stables, canary, replicas), { dryRun: false }, signal)
    recordWrite(session, { action: 'create', ref, summary: minimumText(replicas) })
    return
  }
  const patch = isMadeBy(there, id) ? leastPatch(there, replicas) : null
  if (patch === null) return
  await port.patchObject(ref, patch, { dryRun: false }, signal)
  recordWrite(session, { action: 'patch', ref, summary: minimumText(replicas), patch })
}

/** isRaised tells whether a release has raised the minimum of stable's autoscaler and not given it back. */
export async function isRaised(session: Session, state: ReleaseState, signal: AbortSignal): Promise<boolean> {
  return (await patchBack(session, state, signal)) !== null
}

/** What gives the minimum back; null where nothing is to be given back, or the autoscaler is gone. */
async function patchBack(
  session: Session,
  { id, workload }: ReleaseState,
  signal: AbortSignal,
): Promise<JsonPatchOperation[] | null> {
  const minimum = workload?.minimum
  if (minimum === undefined || session.objects === null) return null
  const there = await session.objects.object(autoscalerRef(session, minimum.autoscaler), signal)
  return there === null ? null : returnPatch(there, minimum, id)
}

/** autoscalerRef names an autoscaler of the target's namespace. */
export function autoscalerRef({ scope }: Pick<Session, 'scope'>, name: string): ObjectRef {
  return { kind: 'HorizontalPodAutoscaler', namespace: scope.namespace, name }
}
