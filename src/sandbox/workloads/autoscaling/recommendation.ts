/** Changes of the ratio of use to target below this share are left alone, 0–1. */
const tolerance = 0.1

/** A scaler grows by so many pods or so many times in one turn, whichever is more. */
const growth = { pods: 4, factor: 2 }

/** ScaleRange is what an autoscaler may choose from. */
export interface ScaleRange {
  min: number
  max: number
}

/** Sizing is what an autoscaler makes of what it saw, and whether its range or its pace stood in the way. */
interface Sizing {
  replicas: number
  limited: 'TooFewReplicas' | 'TooManyReplicas' | null
}

/** neededReplicas gives the pods that would bring the use of each to its target; `ratio`: use by target, 1 is at it. */
export function neededReplicas(current: number, ready: number, ratio: number): number {
  if (Math.abs(ratio - 1) <= tolerance) return current
  return Math.ceil(ready * ratio)
}

/** boundedReplicas keeps what is needed within range and pace. `recent`: what was needed in the scale-down's stabilization window. */
export function boundedReplicas(
  current: number,
  needed: number,
  recent: readonly number[],
  { min, max }: ScaleRange,
): Sizing {
  const stable = needed >= current ? needed : Math.min(current, Math.max(needed, ...recent))
  const fastest = Math.max(current + growth.pods, current * growth.factor)
  const paced = Math.min(stable, fastest)
  if (paced < min) return { replicas: min, limited: 'TooFewReplicas' }
  if (paced > max) return { replicas: max, limited: 'TooManyReplicas' }
  return { replicas: paced, limited: null }
}
