import { toLabelValue } from './image.ts'

/**
 * Labels by which everybody finds what a release made, also when every run is dead:
 * `kubectl get deployments,services,hpa -l shiftgate.io/service=my-api`.
 */
const releaseLabel = 'shiftgate.io/release'
const serviceLabel = 'shiftgate.io/service'

/** marksOf gives the labels of everything that a release makes. */
export function marksOf(release: string, service: string): Record<string, string> {
  return { [releaseLabel]: toLabelValue(release), [serviceLabel]: toLabelValue(service) }
}

/** isMadeFor tells whether an object carries the mark of any release of a service. */
export function isMadeFor(object: Parameters<typeof isMadeBy>[0], service: string): boolean {
  return isMadeBy(object) && object.metadata.labels?.[serviceLabel] === toLabelValue(service)
}

/** isMadeBy tells whether an object carries the mark of a release; of any release where none is named. */
export function isMadeBy(
  object: { metadata: { labels?: Readonly<Record<string, string>> } },
  release?: string,
): boolean {
  const mark = object.metadata.labels?.[releaseLabel]
  return release === undefined ? mark !== undefined : mark === toLabelValue(release)
}
