import { hasEnded } from './phases.ts'
import type { ReleaseName } from './release-name.ts'
import type { InPlaceCanary, ReleaseState } from './state.ts'

/** WorkloadSides says which Deployment runs which version, where their labels don't. */
export interface WorkloadSides {
  /** Versions by name of their Deployment. */
  versions: Readonly<Record<string, string>>
  /** The canary's own Service; null: it has none, or none any more. */
  service: string | null
  /** Deployment whose pods count only once all of them have the image that it is to get; null: none. */
  replacing: { workload: string; image: string } | null
  /** Labels by which routes select each version; absent: their own label `version`, or their Services. */
  labels?: readonly VersionLabels[]
}

/** VersionLabels are the labels by which routes select one version. */
interface VersionLabels {
  version: string
  labels: Readonly<Record<string, string>>
}

/** takeoverOf gives the temporary canary of a release in flight that every step has passed; null: it isn't so far. */
export function takeoverOf(state: Pick<ReleaseState, 'phase' | 'workload'> | null): InPlaceCanary | null {
  const inPlace = state?.workload?.inPlace
  return state === null || inPlace?.takeover === undefined || hasEnded(state.phase) ? null : inPlace
}

/** trackLabels gives the labels by which routes select the sides of a release of tracks; null for any other. */
export function trackLabels(
  state: Partial<Pick<ReleaseState, 'phase' | 'workload'>> & Pick<ReleaseState, 'stable' | 'canary'>,
): VersionLabels[] | null {
  const track = state.workload?.inPlace?.track
  if (track === undefined) return null
  const { key, stable, canary } = track.label
  const ended = state.phase !== undefined && hasEnded(state.phase)
  const sides = ended
    ? [servingSide(state)]
    : [...(state.stable === null ? [] : [state.stable]), state.canary]
  return sides.map(({ version, workload }) => ({
    version,
    labels: { [key]: workload === track.workload ? canary : stable },
  }))
}

function servingSide({ phase, stable, canary }: Parameters<typeof trackLabels>[0]) {
  return phase === 'promoted' ? canary : (stable ?? canary)
}

/** sidesOf gives what a release knows of its Deployments; null where their labels say which version they are. */
export function sidesOf(
  state: Pick<ReleaseState, 'phase' | 'workload' | 'stable' | 'canary'> | null,
): WorkloadSides | null {
  const inPlace = state?.workload?.inPlace
  if (state === null || inPlace === undefined) return null
  const labels = trackLabels(state)
  const byLabels = labels === null ? {} : { labels }
  if (hasEnded(state.phase)) {
    const serving = servingSide(state)
    return { versions: { [serving.workload]: serving.version }, service: null, replacing: null, ...byLabels }
  }
  const sides = state.stable === null ? [state.canary] : [state.stable, state.canary]
  return {
    versions: Object.fromEntries(sides.map(({ workload, version }) => [workload, version])),
    service: inPlace.service ?? null,
    // Pods of a Deployment that was there before may be of its image before.
    replacing:
      inPlace.takeover === undefined && inPlace.track === undefined
        ? null
        : { workload: state.canary.workload, image: state.workload?.image ?? '' },
    ...byLabels,
  }
}

/**
 * sidesOfName is the same for a release of which only the name is known: it has a temporary canary where one of its
 * sides is reached by the Service itself.
 */
export function sidesOfName(
  { stable, canary }: Pick<ReleaseName, 'stable' | 'canary'>,
  { service }: { service: string },
): WorkloadSides | null {
  const sides = stable === null ? [canary] : [stable, canary]
  const own = sides.map(({ host }) => host?.split('.')[0])
  if (!own.includes(service)) return null
  return {
    versions: Object.fromEntries(
      sides.flatMap(({ workload, version }) => (workload === undefined ? [] : [[workload, version]])),
    ),
    service: own.find((name) => name !== undefined && name !== service) ?? null,
    replacing: null,
  }
}
