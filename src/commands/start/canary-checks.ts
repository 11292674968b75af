import { runChecks } from '../../preflight/checks.ts'
import { isFailure, sentenceOf } from '../../release/failure.ts'
import {
  type JsonPatchOperation,
  type KubeObject,
  type ObjectRef,
  refOfObject,
} from '../../release/kubernetes.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import type { Finding } from '../../release/record/record.ts'
import type { ObjectsPort } from '../../rollout/ports.ts'
import type { CanaryPlan } from '../../workloads/canary-plan.ts'
import { preflightRefusal } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { readPreflightInput } from './preflight-input.ts'
import type { Startable } from './preparation.ts'

/** refuseCanary is the refusal of an image that no canary can be made of; null where one can, or none is asked for. */
export function refuseCanary({ request, recorder }: CommandSession, view: ClusterView): Outcome | null {
  const { plan } = view.asked
  if (plan?.kind !== 'refused') return null
  const findings = plan.refusals.map(
    ({ text, remedy }): Finding => ({ id: 'workload', level: 'error', text, remedy }),
  )
  for (const finding of findings) recorder.record({ type: 'finding', finding })
  return preflightRefusal(request, view.found?.state ?? null, findings)
}

/** checkRelease asks every check about a release, and the server whether it would take what the release makes. */
export async function checkRelease(
  command: CommandSession,
  view: ClusterView,
  identity: Startable,
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings = runChecks(await readPreflightInput(command, view, identity, signal))
  return [...findings, ...(await canaryFindings(command, view, signal))]
}

/** canaryFindings asks the server whether it would take what the release makes or changes beside routes. */
export async function canaryFindings(
  { adapters }: CommandSession,
  { asked: { plan } }: ClusterView,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (plan?.kind !== 'make') return []
  const finding = (level: Finding['level'], text: string): Finding => ({
    id: 'workload',
    level,
    text,
    remedy: null,
  })
  const findings = plan.notes.map((note) => finding('warning', note))
  for (const ask of dryRuns(adapters.cluster, plan, signal)) {
    try {
      await ask()
    } catch (error) {
      if (!isFailure(error, 'rejected', 'forbidden', 'already-exists')) throw error
      findings.push(finding('error', sentenceOf(error)))
    }
  }
  return findings
}

/** Everything that the release would make beside routes, or change for its time. */
function dryRuns(
  cluster: Pick<ObjectsPort, 'createObject' | 'patchObject'>,
  { objects, patch: change, scaling }: Extract<CanaryPlan, { kind: 'make' }>,
  signal: AbortSignal,
): (() => Promise<unknown>)[] {
  const create = (object: KubeObject) => () => cluster.createObject(object, { dryRun: true }, signal)
  const send = (ref: ObjectRef, patch: JsonPatchOperation[]) => () =>
    cluster.patchObject(ref, patch, { dryRun: true }, signal)
  const canary =
    change === undefined
      ? objects.map(create)
      : objects.flatMap((object) => (change.length === 0 ? [] : [send(refOfObject(object), change)]))
  if (scaling === null) return canary
  const { ref, patch, copy } = scaling
  return [...(patch === null ? [] : [send(ref, patch)]), ...canary, ...(copy === null ? [] : [create(copy)])]
}
