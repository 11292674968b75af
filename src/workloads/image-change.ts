import type { JsonObject, JsonPatchOperation } from '../release/kubernetes.ts'
import { type Container, type DeploymentView, itemsAt, objectAt } from './deployment.ts'
import { objectName } from './hazards.ts'
import { parseImage } from './image.ts'
import { type Refusal, refuse } from './refusal.ts'

/** ImageChange is what becomes of one container's image. */
export interface ImageChange {
  container: Container
  image: string
}

/**
 * imageChanges says which containers of a Deployment get which image. `asked` is one image, or `container=image` pairs
 * with commas between. One image is for the containers, init containers too, whose images are of its repository, else
 * for the only container.
 */
export function imageChanges(view: DeploymentView, asked: string): ImageChange[] | Refusal {
  const changes: ImageChange[] = []
  for (const part of asked.split(',').map((each) => each.trim())) {
    const found = changesOf(view, part)
    if (!Array.isArray(found)) return found
    changes.push(...found)
  }
  return changes
}

function changesOf(view: DeploymentView, part: string): ImageChange[] | Refusal {
  const pair = /^([a-z0-9][-a-z0-9]*)=(.*)$/.exec(part)
  const image = pair?.[2] ?? part
  const parsed = parseImage(image)
  if (parsed === null)
    return refuse('invalid-image', objectName(view.object), JSON.stringify(image.slice(0, 200)))
  if (pair !== null) {
    const named = view.containers.filter(({ name }) => name === pair[1])
    if (named.length === 0) return refuse('unknown-container', objectName(view.object), pair[1])
    return named.map((container) => ({ container, image }))
  }
  const same = view.containers.filter(
    (container) => parseImage(container.image)?.repository === parsed.repository,
  )
  const ordinary = view.containers.filter(({ list }) => list === 'containers')
  const chosen = same.length > 0 ? same : ordinary
  if (same.length === 0 && ordinary.length !== 1)
    return refuse('unclear-container', objectName(view.object), ordinary.map(({ name }) => name).join(', '))
  return chosen.map((container) => ({ container, image }))
}

/** releasedImage gives the image that the version is named after: of the first container that is no init container. */
export function releasedImage(changes: readonly ImageChange[]): string {
  return leading(changes)?.image ?? ''
}

/** currentImage gives the image that the same container has now. */
export function currentImage(changes: readonly ImageChange[]): string {
  return leading(changes)?.container.image ?? ''
}

function leading(changes: readonly ImageChange[]): ImageChange | undefined {
  return changes.find(({ container }) => container.list === 'containers') ?? changes[0]
}

/**
 * changesBetween gives the changes from one image to another, both as they are asked for; none where the Deployment has
 * the image already. null: it has neither, somebody else changed it.
 */
export function changesBetween(
  view: DeploymentView,
  to: string,
  from: string,
): ImageChange[] | Refusal | null {
  const changes = imageChanges(view, to)
  if (!Array.isArray(changes)) return changes
  if (changesNothing(changes)) return []
  const known = imageChanges(view, from)
  return Array.isArray(known) && changesNothing(known) ? changes : null
}

/** pairsBefore writes what containers ran before a change, as it could be asked for: `container=image` pairs. */
export function pairsBefore(changes: readonly ImageChange[]): string {
  return changes.map(({ container: { name, image } }) => `${name}=${image}`).join(',')
}

/** changesNothing tells whether every container has its image already. */
export function changesNothing(changes: readonly ImageChange[]): boolean {
  return changes.every(({ container, image }) => container.image === image)
}

/** withImages puts images into a pod spec. */
export function withImages(podSpec: JsonObject, changes: readonly ImageChange[]): JsonObject {
  const spec = structuredClone(podSpec)
  for (const { container, image } of changes)
    objectAt(itemsAt(spec[container.list])[container.index]).image = image
  return spec
}

/**
 * imagePatch changes images of a live Deployment: each operation tests that the container and its image are still
 * those that were read, so that nobody else's change is written over.
 */
export function imagePatch(changes: readonly ImageChange[]): JsonPatchOperation[] {
  return changes.flatMap(({ container: { list, index, name, image: before }, image }) => {
    const path = `/spec/template/spec/${list}/${index}`
    return [
      { op: 'test' as const, path: `${path}/name`, value: name },
      { op: 'test' as const, path: `${path}/image`, value: before },
      { op: 'replace' as const, path: `${path}/image`, value: image },
    ]
  })
}
