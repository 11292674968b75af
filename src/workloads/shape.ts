import { type KubeObject, refText, type ServiceView } from '../release/kubernetes.ts'
import type { WorkloadChoice } from '../release/request.ts'
import type { Track } from '../release/state/state.ts'
import { type DeploymentView, deploymentView, selects } from './deployment.ts'
import { gitOwner } from './git-owner.ts'
import { deploymentHazards, foreignWorkloads, objectName } from './hazards.ts'
import { toObjectName } from './image.ts'
import { isMadeBy } from './marks.ts'
import { type Refusal, refuse } from './refusal.ts'

/** ServiceObjects is what stands behind one Service, and whatever else could stand in the way of a second Deployment. */
export interface ServiceObjects {
  service: ServiceView
  objects: readonly KubeObject[]
  unreadable: readonly { kind: string; why: string }[]
}

/** Shape is how versions of a service live side by side, and the Deployment that serves. */
export type Shape =
  /** One Deployment, whose pod template gets the new image at the end; until then a temporary one stands beside it. */
  | { kind: 'in-place'; stable: DeploymentView }
  /** A Deployment per version, told apart by the label `version`. */
  | { kind: 'per-version'; stable: DeploymentView }
  /** Two standing Deployments whose images change, told apart by one label. */
  | { kind: 'tracks'; stable: DeploymentView; canary: DeploymentView; label: Track['label'] }

/** The label that tells versions apart. */
const versionLabel = 'version'

/** Values by which people name tracks: Deployments that stay while the versions in them change. */
const trackNames = new Set(
  'stable canary primary baseline production prod live main current next preview blue green experiment'.split(
    ' ',
  ),
)

/** Kinds that must be readable: what they would refuse must not be overlooked. */
const needed = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Service']

/**
 * detectShape tells which shape a service has, from what its Service selects, or why a release can't make a canary
 * there. `serving` names the version that serves, where routes or an earlier release say it.
 */
export function detectShape(
  seen: ServiceObjects,
  choice: WorkloadChoice,
  serving: string | null,
): Shape | Refusal[] {
  const unreadable = seen.unreadable.filter(({ kind }) => needed.includes(kind))
  if (unreadable.length > 0) return unreadable.map(({ kind, why }) => refuse('unreadable', kind, why))
  const foreign = foreignWorkloads(seen.objects, seen.service.selector)
  if (foreign.length > 0) return foreign
  const views = seen.objects
    .filter(({ kind }) => kind === 'Deployment')
    .map(deploymentView)
    .filter(({ templateLabels }) => selects(seen.service.selector, templateLabels))
  const shape = shapeOf(seen, views, choice, serving)
  if (!('kind' in shape)) return [shape]
  const refused = [
    ...deploymentHazards(shape.stable, seen.objects, shape.kind !== 'per-version'),
    ...(shape.kind === 'tracks' ? trackHazards(shape.canary, seen.objects) : []),
    ...shapeRefusals(shape),
  ]
  return refused.length > 0 ? refused : shape
}

function shapeOf(
  { service }: ServiceObjects,
  views: readonly DeploymentView[],
  choice: WorkloadChoice,
  serving: string | null,
): Shape | Refusal {
  const name = refText({ kind: 'Service', namespace: service.namespace, name: service.name })
  const [only] = views
  if (only === undefined) return refuse('no-workload', name)
  if (views.length === 1) return shapeOfOne(only, name, choice)
  const names = views.map((view) => view.name).join(', ')
  const areTracks = lookLikeTracks(views)
  const tracks = choice === 'tracks' || (choice === 'auto' && areTracks) ? tracksOf(views) : null
  if (tracks !== null) return tracks
  if (areTracks || choice === 'tracks')
    return refuse(differ(views) ? 'tracks' : 'several-workloads', name, names)
  if (choice === 'in-place') return refuse('several-workloads', name, names)
  const stable = views.find(({ templateLabels }) => templateLabels[versionLabel] === serving)
  return stable === undefined ? refuse('unclear-stable', name, names) : { kind: 'per-version', stable }
}

function shapeOfOne(only: DeploymentView, service: string, choice: WorkloadChoice): Shape | Refusal {
  if (choice === 'tracks') return refuse('no-track', service, only.name)
  const perVersion = choice === 'auto' ? isNamedByVersion(only) : choice === 'per-version'
  return { kind: perVersion ? 'per-version' : 'in-place', stable: only }
}

/** Several Deployments are no versions where their selectors have none of their own, or two have names of tracks. */
function lookLikeTracks(views: readonly DeploymentView[]): boolean {
  const versions = views.map(({ selector }) => selector[versionLabel])
  const apart = versions.every((version) => version !== undefined) && new Set(versions).size === views.length
  return !apart || (views.length === 2 && versions.some((version) => trackNames.has(version ?? '')))
}

/** A Deployment that is named after its version is one of several to come; `my-api` with version=v1 is not. */
function isNamedByVersion({ name, selector, object }: DeploymentView): boolean {
  const version = selector[versionLabel]
  if (version === undefined) return false
  return name.endsWith(`-${toObjectName(version, 63)}`) || isMadeBy(object)
}

/** How people name the Deployment, or the value of its label, that gets a new image first. */
const canaryWord = /(?:^|[-_.])canary$/

/**
 * tracksOf finds the canary among two standing Deployments by its name or label, and the label that tells their pods
 * apart; null where either can't be told. What a release made is never one of them.
 */
function tracksOf(views: readonly DeploymentView[]): Extract<Shape, { kind: 'tracks' }> | null {
  const [left, right] = views
  if (views.length !== 2 || left === undefined || right === undefined) return null
  const isCanary = (view: DeploymentView) =>
    !isMadeBy(view.object) &&
    [view.name, ...Object.values(view.selector)].some((word) => canaryWord.test(word))
  if (isCanary(left) === isCanary(right)) return null
  const [stable, canary] = isCanary(right) ? [left, right] : [right, left]
  const keys = Object.keys(canary.selector).filter((key) => {
    const own = canary.templateLabels[key]
    const other = stable.templateLabels[key]
    return own === canary.selector[key] && other !== undefined && other !== own
  })
  const key = keys.find((each) => canaryWord.test(canary.selector[each] ?? '')) ?? keys[0]
  if (key === undefined) return null
  const value = (view: DeploymentView) => view.templateLabels[key] ?? ''
  return { kind: 'tracks', stable, canary, label: { key, stable: value(stable), canary: value(canary) } }
}

/** A canary's Deployment that stands at 0 replicas, or gets its image right now, is nothing odd. */
function trackHazards(view: DeploymentView, objects: readonly KubeObject[]): Refusal[] {
  return deploymentHazards(view, objects, false).filter(
    ({ code }) => code !== 'no-replicas' && code !== 'rolling-out',
  )
}

/** Two Deployments that differ in the value of one label of both selectors. */
function differ(views: readonly DeploymentView[]): boolean {
  const [left, right] = views
  if (views.length !== 2 || left === undefined || right === undefined) return false
  return Object.keys(left.selector).some((key) => {
    const other = right.selector[key] ?? right.templateLabels[key]
    return other !== undefined && other !== left.selector[key]
  })
}

function shapeRefusals(shape: Shape): Refusal[] {
  const { stable } = shape
  const name = objectName(stable.object)
  switch (shape.kind) {
    case 'in-place':
    case 'tracks':
      return (shape.kind === 'tracks' ? [stable, shape.canary] : [stable]).flatMap(({ object }) => {
        const owner = gitOwner(object)
        return owner === null ? [] : [refuse('owned-by-git', objectName(object), owner)]
      })
    case 'per-version': {
      const version = stable.selector[versionLabel]
      if (version === undefined)
        return [refuse('overlapping-selector', name, Object.keys(stable.selector).join(', '))]
      return stable.templateLabels[versionLabel] === version
        ? []
        : [refuse('version-label-mismatch', name, version)]
    }
  }
}
