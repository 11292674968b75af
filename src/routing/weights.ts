import { type Fraction, fraction, gcd, lcm, multiply } from './fraction.ts'

/** Largest weight that an int32 field holds, and largest sum that a proxy accepts. */
const largest = 2_147_483_647n
const largestSum = 4_294_967_295n

/** WeightGroup is a side of the pair in one route: the entries that share what the side gets. */
interface WeightGroup {
  entries: readonly number[]
  /** 0–1 of the pair's own weight. All groups together are 1. */
  share: Fraction
}

/**
 * apportion gives new weights (by entry) in which each group has exactly its share of what all groups hold
 * together. All other entries keep their fraction of the route exactly; where whole numbers can't express that,
 * every weight is multiplied by the least number that makes it possible. Entries of one group keep their
 * proportion as well as whole numbers can; where all of them are 0, the first one gets the group's share. null:
 * no int32 can express it.
 */
export function apportion(weights: readonly number[], groups: readonly WeightGroup[]): number[] | null {
  const now = weights.map(BigInt)
  const members = groups.flatMap(({ entries }) => entries)
  const held = sum(members.map((index) => now[index] ?? 0n))
  const alone = sum(now) === held
  const under = groups.reduce(
    (multiple, { share }) => lcm(multiple, multiply(fraction(held, 1n), share).denominator),
    1n,
  )
  const exact = fitting(spread(now, groups, held * under, under))
  if (exact !== null || !alone) return exact
  // Nobody else is on the route, so its scale is free: the nearest one below that expresses the shares.
  const step = groups.reduce((multiple, { share }) => lcm(multiple, share.denominator), 1n)
  return fitting(spread(now, groups, held < step ? step : held - (held % step), 1n))
}

/** spread hands `total` out to the groups and multiplies every other weight by `scale`. */
function spread(
  now: readonly bigint[],
  groups: readonly WeightGroup[],
  total: bigint,
  scale: bigint,
): bigint[] {
  const next = now.map((weight) => weight * scale)
  for (const { entries, share } of groups) {
    const parts = proportional(
      (total * share.numerator) / share.denominator,
      entries.map((index) => now[index] ?? 0n),
    )
    for (const [position, index] of entries.entries()) next[index] = parts[position] ?? 0n
  }
  return next
}

/** proportional divides a total like `model`, by largest remainder. */
function proportional(total: bigint, model: readonly bigint[]): bigint[] {
  const all = sum(model)
  if (all === 0n) return model.map((_, position) => (position === 0 ? total : 0n))
  const parts = model.map((weight) => (total * weight) / all)
  const byRemainder = model
    .map((weight, position) => ({ position, remainder: (total * weight) % all }))
    .sort((left, right) => Number(right.remainder - left.remainder) || left.position - right.position)
  const missing = Number(total - sum(parts))
  for (const { position } of byRemainder.slice(0, missing)) parts[position] = (parts[position] ?? 0n) + 1n
  return parts
}

function sum(numbers: readonly bigint[]): bigint {
  return numbers.reduce((total, number) => total + number, 0n)
}

function fitting(weights: readonly bigint[]): number[] | null {
  const fits = (list: readonly bigint[]) =>
    list.every((weight) => weight <= largest) && sum(list) <= largestSum
  if (fits(weights)) return weights.map(Number)
  const by = weights.reduce(gcd, 0n)
  const reduced = by === 0n ? weights : weights.map((weight) => weight / by)
  return fits(reduced) ? reduced.map(Number) : null
}

/** sameFractions tells whether two lists of weights (each with a sum above 0) divide traffic alike. */
export function sameFractions(left: readonly number[], right: readonly number[]): boolean {
  const [a, b] = [left.map(BigInt), right.map(BigInt)]
  const [sumA, sumB] = [sum(a), sum(b)]
  return a.length === b.length && a.every((weight, index) => weight * sumB === (b[index] ?? 0n) * sumA)
}
