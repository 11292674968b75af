import type { JsonPatchOperation, KubeObject, ObjectRef } from '../../release/kubernetes.ts'
import type { BorrowedMinimum } from '../../release/state/state.ts'
import { type DeploymentView, objectAt } from '../deployment.ts'
import { toLabelValue } from '../image.ts'

/** Says on an autoscaler whose minimum is raised what it was before, and for which release: `<before>@<release>`. */
const raisedKey = 'shiftgate.io/minimum-before'
const raisedPath = `/metadata/annotations/${raisedKey.replace('/', '~1')}`

/** scales tells whether an autoscaler of any kind scales a Deployment. */
export function scales({ kind, spec }: KubeObject, { name }: Pick<DeploymentView, 'name'>): boolean {
  if (kind !== 'HorizontalPodAutoscaler' && kind !== 'ScaledObject') return false
  const target = objectAt(spec?.scaleTargetRef)
  return (target.kind ?? 'Deployment') === 'Deployment' && target.name === name
}

/**
 * borrowedMinimum says what becomes of the minimum of stable's autoscaler: stable must not shrink while its traffic
 * goes, and has `replicas`. One that a dead release left raised is given back to what it was before that.
 */
export function borrowedMinimum(autoscaler: KubeObject, replicas: number): BorrowedMinimum {
  const raised = raisedBy(autoscaler)
  const before = raised === null ? minimumOf(autoscaler) : raised.before
  return { autoscaler: autoscaler.metadata.name, before, raised: Math.max(before ?? 1, replicas) }
}

/** PlannedScaling is what a release changes, for its time, of what scales stable, and makes for the canary. */
export interface PlannedScaling {
  minimum: BorrowedMinimum
  ref: ObjectRef
  /** null: a release of this id has raised it already. */
  patch: JsonPatchOperation[] | null
  /** The canary's own; null: none is made. */
  copy: KubeObject | null
}

/** plannedScaling says what becomes of what scales stable; `canary` null: it gets none of its own. null: nothing does. */
export function plannedScaling(
  objects: readonly KubeObject[],
  stable: DeploymentView,
  canary: KubeObject | null,
  release: string,
): PlannedScaling | null {
  const scaler = objects.find((object) => scales(object, stable))
  if (scaler === undefined) return null
  const minimum = borrowedMinimum(scaler, stable.replicas)
  const ref = { kind: scaler.kind, namespace: scaler.metadata.namespace ?? '', name: scaler.metadata.name }
  const copy = canary === null ? null : canaryAutoscaler(scaler, canary, minimum.raised)
  return { minimum, ref, patch: raisePatch(scaler, minimum, release), copy }
}

/** raisePatch raises the minimum, and notes what it was on the object itself; null where that is done. */
export function raisePatch(
  autoscaler: KubeObject,
  { before, raised }: BorrowedMinimum,
  release: string,
): JsonPatchOperation[] | null {
  const noted = raisedBy(autoscaler)
  if (noted?.release === toLabelValue(release)) return null
  const note = { op: 'add' as const, path: raisedPath, value: `${before ?? ''}@${toLabelValue(release)}` }
  return [
    ...unchanged(autoscaler),
    { op: 'add', path: '/spec/minReplicas', value: Math.max(minimumOf(autoscaler) ?? 1, raised) },
    ...(autoscaler.metadata.annotations === undefined
      ? [{ op: 'add' as const, path: '/metadata/annotations', value: {} }]
      : []),
    note,
  ]
}

/**
 * returnPatch gives the minimum back as it was; where somebody changed it meanwhile, only the note is taken away. null:
 * this release has not raised it, or has given it back.
 */
export function returnPatch(
  autoscaler: KubeObject,
  { before, raised }: BorrowedMinimum,
  release: string,
): JsonPatchOperation[] | null {
  const noted = autoscaler.metadata.annotations?.[raisedKey]
  if (noted === undefined || raisedBy(autoscaler)?.release !== toLabelValue(release)) return null
  const ours = minimumOf(autoscaler) === raised
  return [
    ...unchanged(autoscaler),
    { op: 'test', path: raisedPath, value: noted },
    { op: 'remove', path: raisedPath },
    ...(!ours
      ? []
      : [
          before === null
            ? { op: 'remove' as const, path: '/spec/minReplicas' }
            : { op: 'replace' as const, path: '/spec/minReplicas', value: before },
        ]),
  ]
}

/** canaryAutoscaler copies stable's for the canary, which never has fewer pods than its share needs. */
export function canaryAutoscaler(autoscaler: KubeObject, canary: KubeObject, replicas: number): KubeObject {
  const { name, namespace = '', ownerReferences = [] } = canary.metadata
  const { maxReplicas, ...spec } = structuredClone(autoscaler.spec ?? {})
  const marks = Object.entries(canary.metadata.labels ?? {}).filter(([key]) =>
    key.startsWith('shiftgate.io/'),
  )
  return {
    apiVersion: autoscaler.apiVersion,
    kind: autoscaler.kind,
    metadata: { name, namespace, labels: Object.fromEntries(marks), ownerReferences },
    spec: {
      ...spec,
      scaleTargetRef: { apiVersion: canary.apiVersion, kind: canary.kind, name },
      minReplicas: replicas,
      maxReplicas: Math.max(replicas, typeof maxReplicas === 'number' ? maxReplicas : replicas),
    },
  }
}

/** leastPatch raises the minimum of the canary's own autoscaler; null where it is as high. */
export function leastPatch(autoscaler: KubeObject, replicas: number): JsonPatchOperation[] | null {
  if ((minimumOf(autoscaler) ?? 1) >= replicas) return null
  const { maxReplicas } = autoscaler.spec ?? {}
  return [
    ...unchanged(autoscaler),
    { op: 'add', path: '/spec/minReplicas', value: replicas },
    ...(typeof maxReplicas === 'number' && maxReplicas < replicas
      ? [{ op: 'replace' as const, path: '/spec/maxReplicas', value: replicas }]
      : []),
  ]
}

/** What a patch was made from must be there still. */
function unchanged(autoscaler: KubeObject): JsonPatchOperation[] {
  const minimum = minimumOf(autoscaler)
  return [
    { op: 'test', path: '/metadata/uid', value: autoscaler.metadata.uid ?? '' },
    ...(minimum === null ? [] : [{ op: 'test' as const, path: '/spec/minReplicas', value: minimum }]),
  ]
}

function minimumOf({ spec }: KubeObject): number | null {
  return typeof spec?.minReplicas === 'number' ? spec.minReplicas : null
}

function raisedBy({ metadata }: KubeObject): { before: number | null; release: string } | null {
  const [, before, release] = /^(\d*)@(.+)$/.exec(metadata.annotations?.[raisedKey] ?? '') ?? []
  if (before === undefined || release === undefined) return null
  return { before: before === '' ? null : Number(before), release }
}
