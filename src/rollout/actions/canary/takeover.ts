import { Failure } from '../../../release/failure.ts'
import type { KubeObject, ObjectRef } from '../../../release/kubernetes.ts'
import { refOfObject, refText } from '../../../release/kubernetes.ts'
import type { ReasonCode } from '../../../release/outcome/reasons.ts'
import type { Settings } from '../../../release/settings.ts'
import type { ReleaseState } from '../../../release/state/state.ts'
import { deploymentView } from '../../../workloads/deployment.ts'
import { changesBetween, type ImageChange, imagePatch } from '../../../workloads/image-change.ts'
import { imageSummary } from '../../../workloads/write-summary.ts'
import type { ObjectsPort } from '../../ports.ts'
import type { Session } from '../../session.ts'
import { heldState, pairOf } from '../../session.ts'
import * as takeovers from '../../state/takeover-transitions.ts'
import { applyState } from '../../state/writer.ts'
import { recordWrite } from '../object-writes.ts'
import { shareChange } from '../step.ts'

/** Traffic returns in steps from half of it on: every share was passed once already. Percent. */
const half = 50

/** returnPlan gives the shares in which traffic returns, in percent, and the time (ms) that this takes at least. */
export function returnPlan({ steps, settleMin, minStepDuration, finalDuration }: Settings): {
  shares: number[]
  atLeast: number
} {
  const later = steps.filter((share) => share >= half && share < 100)
  const before = later.length > 0 ? later : [half]
  const atLeast = before.length * (settleMin + minStepDuration) + settleMin + finalDuration + settleMin
  return { shares: [...before, 100], atLeast }
}

/**
 * beginTakeover goes on after the last step of a temporary canary: all traffic is on it, and from here on it is what
 * a rollback returns to. Nothing of stable's was changed so far.
 */
export async function beginTakeover(
  session: Session,
  reason: ReasonCode,
  signal: AbortSignal,
): Promise<void> {
  const { settings, clock, routing, scope } = session
  if (heldState(session).weight < 100) {
    const all = { routes: shareChange(session, 100) }
    await applyState(session, (state) => ({ ...state, weight: 100 }), all, signal)
    await clock.sleep(settings.settleMin, signal)
  }
  const { capacityTimeout } = settings
  const { shares: steps } = returnPlan(settings)
  const now = clock.now()
  const turned = takeovers.takingOver(
    heldState(session),
    { reason, steps, restore: null, capacityTimeout },
    now,
  )
  const restore = routing.restorePoint(await routing.read(scope.namespace, signal), pairOf(scope, turned))
  const next = (state: ReleaseState, at: number) =>
    takeovers.takingOver(state, { reason, steps, restore, capacityTimeout }, at)
  await applyState(session, next, {}, signal)
  const { canary, unjudged } = heldState(session)
  const { workload, image } = canary
  const how = unjudged === undefined ? {} : { unjudged: true as const }
  session.record({ type: 'phase', phase: 'taking-over', workload, image, ...how })
}

/**
 * giveImage lets what was stable run the image that every step has passed: its own rolling update, while it has no
 * traffic. Done already, nothing is written. It throws Failure `refused` where somebody else changed its image meanwhile.
 */
export async function giveImage(
  session: Session,
  port: ObjectsPort,
  { workload }: ReleaseState,
  signal: AbortSignal,
): Promise<KubeObject> {
  const inPlace = workload?.inPlace
  if (workload === undefined || inPlace === undefined)
    throw new Failure('internal', 'Nothing is to be taken over. Please report this.')
  const ref: ObjectRef = {
    kind: 'Deployment',
    namespace: session.scope.namespace,
    name: workload.source,
  }
  const there = await port.object(ref, signal)
  if (there === null)
    throw new Failure('refused', `${refText(ref)} is gone: nothing can take the traffic over.`)
  const changes = knownChanges(there, { to: workload.image, from: inPlace.before })
  if (changes.length === 0) return there
  const patch = imagePatch(changes)
  const after = await port.patchObject(ref, patch, { dryRun: false }, signal)
  recordWrite(session, { action: 'patch', ref, summary: imageSummary(changes), patch })
  return after
}

/**
 * knownChanges gives what changes a Deployment's image, as far as that isn't done. It throws Failure `refused` where somebody
 * else changed its image meanwhile.
 */
export function knownChanges(there: KubeObject, { to, from }: { to: string; from: string }): ImageChange[] {
  const changes = changesBetween(deploymentView(there), to, from)
  if (Array.isArray(changes)) return changes
  throw new Failure(
    'refused',
    changes === null
      ? `The image of ${refText(refOfObject(there))} was changed since the release began: it is not written over.`
      : `${changes.text} ${changes.remedy}`,
  )
}
