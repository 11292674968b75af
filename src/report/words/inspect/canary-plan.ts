import { formatDuration } from '../../../release/text/duration.ts'
import { formatShare, plural } from '../../../release/text/figures.ts'

/** PlannedObject is what a release would make beside its canary's Deployment. */
interface PlannedObject {
  kind: string
  namespace: string
  name: string
}

/** plannedObjectText says what is made beside. */
export function plannedObjectText({ kind, namespace, name }: PlannedObject, service: string): string {
  return `create ${kind} ${namespace}/${name}: as for ${service}`
}

/** PlannedCanary is a Deployment that a release would make. */
interface PlannedCanary {
  shape: string
  namespace: string
  name: string
  source: string
  image: string
  replicas: number
  /** It is there already, and gets the image. */
  borrows: boolean
}

/** plannedCanaryText says what is made of an image, and from what. */
export function plannedCanaryText(canary: PlannedCanary): string {
  const { shape, namespace, name, source, image, replicas, borrows } = canary
  if (borrows)
    return `change Deployment ${namespace}/${name}: ${image}, ${plural(replicas, 'replica')} at first (${shape})`
  return `create Deployment ${namespace}/${name}: ${image}, ${plural(replicas, 'replica')} at first, all else as in ${source} (${shape})`
}

/** plannedScalingText says what a release does to what scales stable; `canary` null: it gets none of its own. */
export function plannedScalingText(
  { namespace, autoscaler, raised }: { namespace: string; autoscaler: string; raised: number },
  canary: string | null,
): string[] {
  const least = `at least ${plural(raised, 'replica')}`
  return [
    `patch HorizontalPodAutoscaler ${namespace}/${autoscaler}: ${least} until the release has ended`,
    ...(canary === null
      ? []
      : [
          `create HorizontalPodAutoscaler ${namespace}/${canary}: as ${autoscaler}, from half of the traffic on`,
        ]),
  ]
}

/** PlannedTakeover is what follows the last step of a canary that is there for a time. */
interface PlannedTakeover {
  /** Deployment that gets the image. */
  source: string
  /** What it runs, as `container=image` pairs. */
  before: string
  image: string
  /** Shares in which traffic returns, in percent. */
  shares: readonly number[]
  /** ms that this takes at least. */
  atLeast: number
  /** Objects that go then, as people write them. */
  removed: readonly string[]
  /** Deployment that gets its replicas back; null: none. */
  returned: { workload: string; replicas: number } | null
}

/** plannedTakeoverTexts says what a release does once every step has passed, a sentence each. */
export function plannedTakeoverTexts(planned: PlannedTakeover): string[] {
  const { source, before, image, shares, atLeast, removed, returned } = planned
  const back = shares.map((share) => formatShare(share)).join(', then ')
  return [
    `after the last step: image of Deployment ${source} from ${before} to ${image}, its own rolling update while it has no traffic`,
    `then ${back} of the traffic back to ${source}, each share watched: ${formatDuration(atLeast)} at least, beside the rolling update`,
    ...(removed.length === 0 ? [] : [`then remove ${removed.join(', ')}`]),
    ...(returned === null
      ? []
      : [`then ${plural(returned.replicas, 'replica')} of ${returned.workload} again`]),
  ]
}

/** leftoversText says what was left behind and is put right now, each sentence after a space; empty where nothing was. */
export function leftoversText(left: { removed: readonly string[]; returned: readonly string[] }): string {
  return [
    ...left.removed.map((name) => ` ${name}, which a release had left, was removed.`),
    ...left.returned.map((name) => ` ${name}, which a release had borrowed, has its replicas back.`),
  ].join('')
}
