/** RollBackInput is what decides how much of the traffic can go back. Shares 0–1. */
export interface RollBackInput {
  /** Ready pods of the version that traffic would go back to. */
  ready: number
  /** Ready pods that it needs to carry everything: those it had when it last did. */
  needed: number
  /** The largest share that a route gives the canary now. */
  canaryShare: number
  /** Ready pods of the canary. */
  canaryReady: number
  /** Traffic goes back because the canary was proved to do harm. */
  proof: boolean
  /** Share of the canary's requests that fail; null where it isn't known. */
  canaryFails: number | null
}

/** RollBackPlan is how much of the traffic goes back now. */
export type RollBackPlan =
  | { kind: 'all' }
  /** The canary keeps `canaryWeight` percent until more pods are ready. `carried`: what stable can carry, 0–1. */
  | { kind: 'part'; canaryWeight: number; carried: number }
  /** No pod is ready to take anything: nothing moves. */
  | { kind: 'none' }

/**
 * planRollBack decides every roll-back, for the loop, commands, the post step and reconcile alike. Stable can carry
 * ready ÷ needed pods of the traffic. Enough: all of it goes back. Some: all of it where the canary does more harm
 * than the missing pods would, else what can be carried; the canary's share never grows. None: nothing moves.
 */
export function planRollBack(input: RollBackInput): RollBackPlan {
  const { ready, needed, canaryShare, canaryReady } = input
  if (canaryShare <= 0) return { kind: 'all' }
  if (ready <= 0) return { kind: 'none' }
  const carried = Math.min(1, ready / Math.max(1, needed))
  const missing = 1 - carried
  const harm = canaryReady <= 0 ? 1 : input.proof ? (input.canaryFails ?? 0) : 0
  if (missing <= 0 || harm > missing) return { kind: 'all' }
  // Whole percents, rounded so that stable is never given more than it can carry.
  const canaryWeight = Math.min(Math.round(canaryShare * 1e8) / 1e6, Math.ceil(missing * 100 - 1e-9))
  return { kind: 'part', canaryWeight, carried }
}
