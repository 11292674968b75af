import { type Counts, sumCounts } from '../../release/evidence/counts.ts'
import type { FailedRequests, FailureSpread, PodRequests } from '../../release/evidence/failed-requests.ts'
import { divergence } from '../../verdict/engine/projection.ts'

/** Failures are called concentrated where chance alone would do that less often than this … */
const byChance = 1e-4
/** … and the share that fails is this many times that of the others. */
const multiple = 3
/** The others are called like stable where chance alone explains their excess at least this often. */
const alike = 0.01

/**
 * failureSpread tells one bad pod, node or zone from a bad version; null where it can't be told: fewer than two pods of
 * the canary had requests, too few of them failed, or it is neither. It explains, and decides nothing: failures that hang
 * together are more concentrated than chance, which the bounds allow for only by being strict.
 */
export function failureSpread({ pods }: Pick<FailedRequests, 'pods'>): FailureSpread | null {
  const canary = pods.canary.filter(({ total }) => total > 0)
  const stable = pods.stable.filter(({ total }) => total > 0)
  if (canary.length < 2) return null
  // The narrowest place that explains it: a node before its only pod, for stable's pods there fail too.
  for (const kind of ['node', 'pod', 'zone'] as const) {
    for (const name of new Set(canary.map((one) => one[kind]))) {
      if (name === null) continue
      const found = placeOf(kind, name, canary, stable)
      if (found !== null) return found
    }
  }
  return eachIsWorse(canary, sumCounts(stable)) ? { kind: 'everywhere', pods: canary.length } : null
}

/** A place is to be found where its pods, of either version, fail far more than all others, which fail like stable. */
function placeOf(
  kind: 'zone' | 'node' | 'pod',
  name: string,
  canary: readonly PodRequests[],
  stable: readonly PodRequests[],
): FailureSpread | null {
  const isInside = (one: PodRequests) => one[kind] === name
  const [inside, others] = parted(canary, isInside)
  const [stableInside, stableOthers] = parted(stable, isInside)
  if (others.total === 0 || !isConcentrated(inside, others)) return null
  // A node that stable's pods share without harm is not what is wrong: then it is the canary's pod there.
  if (stableInside.total > 0 && !isConcentrated(stableInside, stableOthers)) return null
  const alone = canary.filter(isInside).length === 1 && stableInside.total === 0
  if (kind !== 'pod' && alone) return null
  const reference = stableOthers.total > 0 ? stableOthers : null
  if (reference !== null && chanceOf(others, reference) < alike) return null
  return { kind, name, inside, others, stable: { inside: stableInside, others: stableOthers } }
}

function parted(pods: readonly PodRequests[], isInside: (pod: PodRequests) => boolean): [Counts, Counts] {
  return [sumCounts(pods.filter(isInside)), sumCounts(pods.filter((one) => !isInside(one)))]
}

function isConcentrated(inside: Counts, others: Counts): boolean {
  if (inside.total === 0 || others.total === 0) return false
  const rate = (counts: Counts) => counts.bad / counts.total
  return rate(inside) >= multiple * rate(others) && chanceOf(inside, others) < byChance
}

/** Each pod by itself fails more than stable, beyond what chance explains. */
function eachIsWorse(pods: readonly PodRequests[], stable: Counts): boolean {
  return stable.total > 0 && pods.every((one) => chanceOf(one, stable) < alike)
}

/**
 * chanceOf bounds how likely it is that at least so many of all bad requests lie on one side by chance alone: Chernoff's
 * bound exp(−B·KL(b/B ‖ n/N)) of a binomial's tail; 1 where it has no more than its share.
 */
function chanceOf(one: Counts, other: Counts): number {
  const bad = one.bad + other.bad
  if (bad === 0) return 1
  const [seen, fair] = [one.bad / bad, one.total / (one.total + other.total)]
  return seen <= fair ? 1 : Math.exp(-bad * divergence(seen, fair))
}
