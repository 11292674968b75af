import { hasEnded } from './phases.ts'
import type { ReleaseName } from './release-name.ts'
import type { InPlaceCanary, ReleaseState } from './state.ts'

/** WorkloadSides says which Deployment runs which version, where their labels don't. */
export interface WorkloadSides {
  /** Versions by name of their Deployment. */
  versions: Readonly<Record<string, string>>
  /** The canary's own Service; null: it has none any more. */
  service: string | null
  /** Deployment whose pods count only once all of them have the image that it is to get; null: none. */
  replacing: { workload: string; image: string } | null
}

/** takeoverOf gives the temporary canary of a release in flight that every step has passed; null: it isn't so far. */
export function takeoverOf(state: Pick<ReleaseState, 'phase' | 'workload'> | null): InPlaceCanary | null {
  const inPlace = state?.workload?.inPlace
  return state === null || inPlace?.takeover === undefined || hasEnded(state.phase) ? null : inPlace
}

/** sidesOf gives what a release knows of its Deployments; null where their labels say which version they are. */
export function sidesOf(
  state: Pick<ReleaseState, 'phase' | 'workload' | 'stable' | 'canary'> | null,
): WorkloadSides | null {
  const inPlace = state?.workload?.inPlace
  if (state === null || inPlace === undefined) return null
  if (hasEnded(state.phase)) {
    const serving = state.phase === 'promoted' ? state.canary : (state.stable ?? state.canary)
    return { versions: { [serving.workload]: serving.version }, service: null, replacing: null }
  }
  const sides = state.stable === null ? [state.canary] : [state.stable, state.canary]
  return {
    versions: Object.fromEntries(sides.map(({ workload, version }) => [workload, version])),
    service: inPlace.service,
    replacing:
      inPlace.takeover === undefined
        ? null
        : { workload: state.canary.workload, image: state.workload?.image ?? '' },
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
