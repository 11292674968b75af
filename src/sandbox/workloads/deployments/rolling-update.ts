import type { DeploymentSpec } from './replica-sets.ts'

/** SetSize is one ReplicaSet as a rolling update sees it. */
export interface SetSize {
  name: string
  /** Pods that it is asked for. */
  wanted: number
  /** Pods that are available. */
  available: number
  /** maxReplicas that it was last scaled under, which proportional scaling refers to; null: never. */
  ceiling: number | null
}

/** SurgeBounds are a Deployment's maxSurge and maxUnavailable in pods. */
export interface SurgeBounds {
  surge: number
  unavailable: number
}

/** surgeBounds reads a strategy: percentages of the replicas, surge rounded up and unavailable down, never both 0. */
export function surgeBounds({ replicas = 1, strategy }: DeploymentSpec): SurgeBounds {
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {}
  const surge = podsIn(maxSurge, replicas, Math.ceil)
  const unavailable = podsIn(maxUnavailable, replicas, Math.floor)
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) }
}

function podsIn(value: string | number, replicas: number, round: (pods: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseFloat(value) * replicas) / 100)
}

/**
 * rolledSizes gives the sizes that a rolling update asks for now, by set: the new one grows into the surge, the old
 * ones, unhealthy pods first, give way to what is available. `old` is sorted by age.
 */
export function rolledSizes(
  replicas: number,
  { surge, unavailable }: SurgeBounds,
  current: SetSize,
  old: readonly SetSize[],
): Map<string, number> {
  const sizes = new Map([current, ...old].map(({ name, wanted }) => [name, wanted]))
  const total = () => [...sizes.values()].reduce((sum, size) => sum + size, 0)
  const room = replicas + surge - total()
  const grown =
    current.wanted > replicas
      ? replicas
      : current.wanted + Math.max(0, Math.min(room, replicas - current.wanted))
  sizes.set(current.name, grown)
  const least = replicas - unavailable
  let removable = total() - least - (grown - Math.min(current.available, grown))
  for (const { name, wanted, available } of old) {
    const gone = Math.max(0, Math.min(removable, wanted - available))
    sizes.set(name, wanted - gone)
    removable -= gone
  }
  let spare = current.available + old.reduce((sum, { available }) => sum + available, 0) - least
  for (const { name, available } of old) {
    const size = sizes.get(name) ?? 0
    const gone = Math.max(0, Math.min(removable, spare, size, available))
    sizes.set(name, size - gone)
    removable -= gone
    spare -= gone
  }
  return sizes
}

/**
 * scaledSizes gives the sizes after the replicas changed, without going on with an update: one active set gets all,
 * several share the change by their sizes.
 */
export function scaledSizes(
  replicas: number,
  { surge }: SurgeBounds,
  sets: readonly SetSize[],
): Map<string, number> {
  const active = sets.filter(({ wanted }) => wanted > 0)
  const only = active.length === 0 ? sets[0] : active[0]
  if (only === undefined) return new Map()
  if (active.length < 2) return new Map([[only.name, replicas]])
  const allowed = replicas === 0 ? 0 : replicas + surge
  const total = active.reduce((sum, { wanted }) => sum + wanted, 0)
  const bySize = [...active].sort((a, b) => b.wanted - a.wanted)
  let left = allowed - total
  const sizes = new Map<string, number>()
  for (const { name, wanted, ceiling } of bySize) {
    const share = Math.round((wanted * allowed) / (ceiling ?? total)) - wanted
    const part = left > 0 ? Math.min(left, Math.max(0, share)) : Math.max(left, Math.min(0, share), -wanted)
    sizes.set(name, wanted + part)
    left -= part
  }
  const [largest] = bySize
  if (largest !== undefined) {
    sizes.set(largest.name, Math.max(0, (sizes.get(largest.name) ?? 0) + left))
  }
  return sizes
}
