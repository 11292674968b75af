import type { KubeObject } from '../release/kubernetes.ts'
import type { CanarySize, WorkloadChoice } from '../release/request.ts'
import type { CanaryWorkload } from '../release/state/state.ts'
import { type DeploymentView, deploymentView, selects } from './deployment.ts'
import { objectName } from './hazards.ts'
import { parseImage, versionBeside } from './image.ts'
import { changesNothing, currentImage, imageChanges, releasedImage } from './image-change.ts'
import { isMadeBy, marksOf } from './marks.ts'
import { versionedDeployment, versionedName } from './per-version.ts'
import { type Refusal, refuse } from './refusal.ts'
import { detectShape, type ServiceObjects } from './shape.ts'
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
}

/** CanaryPlan is what a release makes of an image. */
export type CanaryPlan =
  | { kind: 'refused'; refusals: Refusal[] }
  /** What runs of that version is the image already: there is nothing to make. */
  | { kind: 'deployed'; version: string }
  /** The canary is made: these objects, in their order, the Deployment last. */
  | { kind: 'make'; version: string; workload: CanaryWorkload; objects: KubeObject[]; notes: string[] }

/** planCanary finds the service's shape and says what the canary of an image consists of, or why there can't be one. */
export function planCanary(seen: ServiceObjects, asked: CanaryRequest): CanaryPlan {
  const shape = detectShape(seen, asked.choice, asked.serving)
  if (Array.isArray(shape)) return { kind: 'refused', refusals: shape }
  const { stable } = shape
  if (shape.kind === 'in-place')
    return { kind: 'refused', refusals: [refuse('one-deployment', objectName(stable.object))] }
  const changes = imageChanges(stable, asked.image)
  if (!Array.isArray(changes)) return { kind: 'refused', refusals: [changes] }
  const serving = { image: currentImage(changes), version: stable.templateLabels.version ?? '' }
  if (changesNothing(changes)) return { kind: 'deployed', version: serving.version }
  const image = releasedImage(changes)
  const name = parseImage(image)
  if (name === null) return refusedImage(stable, image)
  const version = asked.version ?? versionBeside(image, name, serving)
  const there = existing(seen, stable, version)
  if (there !== null) return takenOrDeployed(there, asked, version)
  const workload: CanaryWorkload = {
    shape: 'per-version',
    image: asked.image,
    source: stable.name,
    size: asked.size,
  }
  const marks = marksOf(asked.releaseId(version), seen.service.name)
  const canary = versionedDeployment(stable, {
    version,
    changes,
    replicas: asked.replicas(stable.replicas),
    marks,
  })
  const { refusals, notes } = treatedApart(seen, stable, deploymentView(canary))
  return refusals.length > 0
    ? { kind: 'refused', refusals }
    : { kind: 'make', version, workload, objects: [canary], notes }
}

/**
 * canaryObjects gives what the canary consists of, made anew from stable's Deployment as it is now: for whoever goes on
 * with a release that was left before everything was made.
 */
export function canaryObjects(
  source: KubeObject,
  workload: CanaryWorkload,
  release: { id: string; service: string; version: string; replicas: number },
): KubeObject[] | Refusal {
  const stable = deploymentView(source)
  const changes = imageChanges(stable, workload.image)
  if (!Array.isArray(changes)) return changes
  const { version, replicas } = release
  const marks = marksOf(release.id, release.service)
  return [versionedDeployment(stable, { version, changes, replicas, marks })]
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
    return { kind: 'deployed', version }
  const whose = isMadeBy(there.object) ? 'an earlier release made it for another image' : 'nothing marks it'
  return { kind: 'refused', refusals: [refuse('name-taken', objectName(there.object), whose)] }
}
