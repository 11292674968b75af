import type { HostPolicy, JsonPatchOperation, KubeObject } from '../release/kubernetes.ts'
import type { CanarySize, WorkloadChoice } from '../release/request.ts'
import type { CanaryWorkload, VersionRef } from '../release/state/state.ts'
import { type PlannedScaling, plannedScaling } from './canary/autoscaler.ts'
import { copiedNames, copiedPolicies, withoutSubjects } from './canary/copied-policies.ts'
import { callersPastTheRoute, canaryServiceName, changedLabels, inPlaceObjects } from './canary/in-place.ts'
import { versionedDeployment, versionedName } from './canary/per-version.ts'
import { foreignPods, takenNames } from './canary/taken-names.ts'
import { trackChange } from './canary/track.ts'
import { type DeploymentView, deploymentView, imagesOf, selects } from './deployment.ts'
import { objectName, unseenHazards } from './hazards.ts'
import { parseImage, toLabelValue, versionBeside, versionOfImage } from './image.ts'
import {
  changesNothing,
  currentImage,
  type ImageChange,
  imageChanges,
  pairsBefore,
  releasedImage,
} from './image-change.ts'
import { isMadeBy, marksOf } from './marks.ts'
import { demandOf, heldAgainstQuotas } from './quota.ts'
import { type Refusal, refuse } from './refusal.ts'
import { detectShape, type ServiceObjects, type Shape } from './shape.ts'
import { treatedApart } from './treated-apart.ts'

/** CanaryRequest is what was asked of a canary that the release makes. */
interface CanaryRequest {
  image: string
  /** The version that it is to be; null: as the image says. */
  version: string | null
  choice: WorkloadChoice
  size: CanarySize
  /** The version that serves, where routes or an earlier release say it. */
  serving: string | null
  /** Id of the release of a version. */
  releaseId(version: string): string
  /** Replicas that the canary begins with, beside so many of stable's. */
  replicas(stable: number): number
  /** What the mesh is told about the service's host; null: nothing. */
  policy: HostPolicy | null
  /** Id of a release that ends before this one begins, with all that it made; null: none. */
  ending: string | null
  /** Policies that are about stable's pods are copied. */
  copyPolicies: boolean
  /** Resolved name of a Service of the namespace. */
  hostOf(service: string): string
}

/** CanaryPlan is what a release makes of an image. */
export type CanaryPlan =
  | { kind: 'refused'; refusals: Refusal[] }
  /** What runs of that version is the image already: there is nothing to make. */
  | { kind: 'deployed'; version: string; inPlace: boolean }
  /** The canary is made: these objects, in their order, the Deployment last. */
  | {
      kind: 'make'
      version: string
      workload: CanaryWorkload
      objects: KubeObject[]
      /** null: nothing scales stable. */
      scaling: PlannedScaling | null
      /** What a standing Deployment is asked to become, instead of being made; absent: all is made. */
      patch?: JsonPatchOperation[]
      notes: string[]
    }

/** planCanary finds the service's shape and says what the canary of an image consists of, or why there can't be one. */
export function planCanary(seen: ServiceObjects, asked: CanaryRequest): CanaryPlan {
  const shape = detectShape(seen, asked.choice, asked.serving)
  if (Array.isArray(shape)) return { kind: 'refused', refusals: shape }
  const { stable } = shape
  const changes = imageChanges(stable, asked.image)
  if (!Array.isArray(changes)) return { kind: 'refused', refusals: [changes] }
  const now = currentImage(changes)
  const serving = {
    image: now,
    version: shape.kind === 'per-version' ? (stable.templateLabels.version ?? '') : versionNamedBy(now),
  }
  if (changesNothing(changes))
    return { kind: 'deployed', version: serving.version, inPlace: shape.kind !== 'per-version' }
  const image = releasedImage(changes)
  const name = parseImage(image)
  if (name === null) return refusedImage(stable, image)
  const version = asked.version ?? versionBeside(image, name, serving)
  const planned = { version, changes, marks: marksOf(asked.releaseId(version), seen.service.name) }
  switch (shape.kind) {
    case 'in-place':
      return planInPlace(seen, asked, stable, { ...planned, serving })
    case 'tracks':
      return planTracks(seen, asked, shape, { ...planned, serving })
    case 'per-version':
      return planPerVersion(seen, asked, stable, planned)
  }
}

/** ServedImage is a planned image beside the one that serves. */
interface ServedImage extends PlannedImage {
  serving: { image: string; version: string }
}

/** PlannedImage is the version that an image is, and what it changes. */
interface PlannedImage {
  version: string
  changes: ImageChange[]
  marks: Record<string, string>
}

function planPerVersion(
  seen: ServiceObjects,
  asked: CanaryRequest,
  stable: DeploymentView,
  { version, changes, marks }: PlannedImage,
): CanaryPlan {
  const there = existing(seen, stable, version)
  if (there !== null) return takenOrDeployed(there, asked, version)
  const { image, size } = asked
  const workload: CanaryWorkload = { shape: 'per-version', image, source: stable.name, size }
  const replicas = asked.replicas(stable.replicas)
  const canary = versionedDeployment(stable, { version, changes, replicas, marks })
  return unlessApart(seen, stable, canary, {
    kind: 'make',
    version,
    workload,
    objects: [canary],
    scaling: null,
    notes: [],
  })
}

function planInPlace(
  seen: ServiceObjects,
  asked: CanaryRequest,
  stable: DeploymentView,
  planned: ServedImage,
): CanaryPlan {
  const service = seen.objects.find(
    ({ kind, metadata }) => kind === 'Service' && metadata.name === seen.service.name,
  )
  if (service === undefined) {
    const why = 'it is not among those that were listed'
    return { kind: 'refused', refusals: [refuse('unreadable', 'Service', why)] }
  }
  const taken = takenNames(seen, stable, asked.ending)
  if (taken.length > 0) return { kind: 'refused', refusals: taken }
  const { version, serving } = planned
  if (version === serving.version)
    return { kind: 'refused', refusals: [refuse('version-serves', objectName(stable.object), version)] }
  return planBeside(seen, asked, { stable, service }, planned)
}

/** A canary of its own for the time of the release, with all that stands around stable. */
function planBeside(
  seen: ServiceObjects,
  asked: CanaryRequest,
  { stable, service }: { stable: DeploymentView; service: KubeObject },
  { version, changes, marks, serving }: ServedImage,
): CanaryPlan {
  const changed = changedLabels(stable, seen.service.selector, seen.objects)
  const own = canaryServiceName(seen.service.name)
  const policies = asked.copyPolicies ? copiedPolicies(seen.objects, stable, changed) : []
  const objects = inPlaceObjects(stable, service, {
    changes,
    changed,
    replicas: asked.replicas(stable.replicas),
    marks,
    policy: asked.policy,
    host: asked.hostOf(own),
    policies,
  })
  const canary = objects.at(-1) as KubeObject
  const others = foreignPods(seen, own, objects)
  if (others.length > 0) return { kind: 'refused', refusals: others }
  const scaling = plannedScaling(seen.objects, stable, canary, asked.releaseId(version))
  const workload: CanaryWorkload = {
    shape: 'in-place',
    image: asked.image,
    source: stable.name,
    size: asked.size,
    inPlace: {
      service: own,
      ...copiedNames(policies),
      changed: { ...changed },
      before: pairsBefore(changes),
      stable: { ...servingSide(stable, serving.version), host: asked.hostOf(seen.service.name) },
    },
    ...(scaling === null ? {} : { minimum: scaling.minimum }),
  }
  const notes = callersPastTheRoute(stable, deploymentView(canary), seen.service.name, seen.objects)
  const apart = withoutSubjects(seen, policies)
  return unlessApart(apart, stable, canary, { kind: 'make', version, workload, objects, scaling, notes })
}

/** A standing Deployment gets the image and as many replicas as the first share needs; its labels stay. */
function planTracks(
  seen: ServiceObjects,
  asked: CanaryRequest,
  { stable, canary, label }: Extract<Shape, { kind: 'tracks' }>,
  { version, changes, serving }: ServedImage,
): CanaryPlan {
  if (version === serving.version)
    return { kind: 'refused', refusals: [refuse('version-serves', objectName(stable.object), version)] }
  const own = imageChanges(canary, asked.image)
  if (!Array.isArray(own)) return { kind: 'refused', refusals: [own] }
  const replicas = Math.max(canary.replicas, asked.replicas(stable.replicas))
  const { object, patch } = trackChange(canary, own, replicas)
  const owed = { before: pairsBefore(own), replicas: canary.replicas }
  const side = servingSide(stable, serving.version)
  const scaling = plannedScaling(seen.objects, stable, null, asked.releaseId(version))
  const workload: CanaryWorkload = {
    shape: 'tracks',
    image: asked.image,
    source: stable.name,
    size: asked.size,
    inPlace: {
      track: { workload: canary.name, label, owed },
      changed: {},
      before: pairsBefore(changes),
      stable: side,
    },
    ...(scaling === null ? {} : { minimum: scaling.minimum }),
  }
  const notes = callersPastTheRoute(stable, canary, seen.service.name, seen.objects)
  return unlessApart(seen, stable, canary.object, {
    kind: 'make',
    version,
    workload,
    objects: [object],
    scaling,
    patch,
    notes,
  })
}

function servingSide(stable: DeploymentView, version: string): VersionRef {
  return { version, destination: version, workload: stable.name, image: imagesOf(stable) }
}

function unlessApart(
  seen: ServiceObjects,
  stable: DeploymentView,
  canary: KubeObject,
  plan: Extract<CanaryPlan, { kind: 'make' }>,
): CanaryPlan {
  const { refusals, notes } = treatedApart(seen, stable, deploymentView(canary))
  const { refusals: short, notes: unknown } = heldAgainstQuotas(demandOf(stable, canary, plan), seen)
  const refused = [...refusals, ...short]
  const unseen = unseenHazards(seen.unreadable)
  return refused.length > 0
    ? { kind: 'refused', refusals: refused }
    : { ...plan, notes: [...plan.notes, ...notes, ...unknown, ...unseen] }
}

/** versionNamedBy names the version of an image that is there already, whatever it is called. */
function versionNamedBy(image: string): string {
  const name = parseImage(image)
  return name === null ? toLabelValue(image) : versionOfImage(name)
}

function refusedImage(stable: DeploymentView, image: string): CanaryPlan {
  return {
    kind: 'refused',
    refusals: [refuse('invalid-image', objectName(stable.object), JSON.stringify(image))],
  }
}

/** The Deployment that has the canary's name, or its version behind the Service. */
function existing(seen: ServiceObjects, stable: DeploymentView, version: string): DeploymentView | null {
  const name = versionedName(stable, version)
  const views = seen.objects.filter(({ kind }) => kind === 'Deployment').map(deploymentView)
  const versioned = views.find(
    ({ templateLabels }) =>
      templateLabels.version === version && selects(seen.service.selector, templateLabels),
  )
  return versioned ?? views.find((view) => view.name === name) ?? null
}

/** An earlier release, or a step before, may have deployed the very image: it is released as it is. */
function takenOrDeployed(there: DeploymentView, { image }: CanaryRequest, version: string): CanaryPlan {
  const changes = imageChanges(there, image)
  if (Array.isArray(changes) && changesNothing(changes) && there.templateLabels.version === version)
    return { kind: 'deployed', version, inPlace: false }
  const whose = isMadeBy(there.object) ? 'an earlier release made it for another image' : 'nothing marks it'
  return { kind: 'refused', refusals: [refuse('name-taken', objectName(there.object), whose)] }
}
