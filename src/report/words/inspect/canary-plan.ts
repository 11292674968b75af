import { plural } from '../../../release/text/figures.ts'

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
}

/** plannedCanaryText says what is made of an image, and from what. */
export function plannedCanaryText(canary: PlannedCanary): string {
  const { shape, namespace, name, source, image, replicas } = canary
  return `create Deployment ${namespace}/${name}: ${image}, ${plural(replicas, 'replica')} at first, all else as in ${source} (${shape})`
}

/** plannedScalingText says what a release does to what scales stable. */
export function plannedScalingText(
  { namespace, autoscaler, raised }: { namespace: string; autoscaler: string; raised: number },
  canary: string,
): string[] {
  const least = `at least ${plural(raised, 'replica')}`
  return [
    `patch HorizontalPodAutoscaler ${namespace}/${autoscaler}: ${least} until the release has ended`,
    `create HorizontalPodAutoscaler ${namespace}/${canary}: as ${autoscaler}, from half of the traffic on`,
  ]
}

/** removedText says what was left behind and is removed now, each sentence after a space; empty where nothing was. */
export function removedText(removed: readonly string[]): string {
  return removed.map((name) => ` ${name}, which a release had left, was removed.`).join('')
}
