import { type Fraction, fraction, gcd, lcm, times } from './fraction.ts'

/** Largest weight that an int32 field holds, and largest sum that a proxy accepts. */
const largest = 2_147_483_647n
const largestSum = 4_294_967_295n

/** Group is a side of the pair in one route: the entries that share what the side gets. */
export interface Group {
  entries: readonly number[]
  /** 0–1 of the pair's own weight. */
  share: Fraction
}

/**
 * divided gives new weights (by entry) in which each group has its share of what all groups hold together. All
 * other entries keep their fraction of the route exactly; where whole numbers can't express that, every weight
 * is multiplied by the least number that makes it possible. Entries of one group keep their proportion; where
 * all of them are 0, the first one gets the group's share. null: no int32 can express it.
 */
export function divided(weights: readonly number[], groups: readonly Group[]): number[] | null {
  const now = weights.map(BigInt)
  const members = groups.flatMap(({ entries }) => entries)
  const held = sum(members.map((index) => now[index] ?? 0n))
  const wanted = now.map((weight): Fraction => fraction(weight, 1n))
  for (const { entries, share } of groups) {
    const own = sum(entries.map((index) => now[index] ?? 0n))
    entries.forEach((index, position) => {
      const within = own === 0n ? fraction(position === 0 ? 1n : 0n, 1n) : fraction(now[index] ?? 0n, own)
      wanted[index] = times(times(fraction(held, 1n), share), within)
    })
  }
  const scale = wanted.reduce((multiple, { under }) => lcm(multiple, under), 1n)
  return fitting(wanted.map(({ over, under }) => (over * scale) / under))
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
