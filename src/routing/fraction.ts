import { Failure } from '../release/failure.ts'

/** Fraction is an exact, reduced, non-negative number. */
export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

export const zero: Fraction = { numerator: 0n, denominator: 1n }
export const one: Fraction = { numerator: 1n, denominator: 1n }

/** gcd is the greatest common divisor; of nothing but zeros it is 0. */
export function gcd(left: bigint, right: bigint): bigint {
  let [a, b] = [left, right]
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

/** lcm is the least common multiple of two positive numbers. */
export function lcm(left: bigint, right: bigint): bigint {
  return (left / gcd(left, right)) * right
}

/** fraction reduces `over / under` (`under` above 0). */
export function fraction(over: bigint, under: bigint): Fraction {
  const by = gcd(over, under)
  return by === 0n ? zero : { numerator: over / by, denominator: under / by }
}

export function multiply(left: Fraction, right: Fraction): Fraction {
  return fraction(left.numerator * right.numerator, left.denominator * right.denominator)
}

/** complement is 1 minus a fraction that is at most 1. */
export function complement(part: Fraction): Fraction {
  return fraction(part.denominator - part.numerator, part.denominator)
}

/**
 * shareOf turns percent (0–100, at most six decimals) into a fraction of 1. Throws `invalid-input` outside of
 * that: no weight can be written for it.
 */
export function shareOf(percent: number): Fraction {
  const millionths = Math.round(percent * 1e6)
  if (!(percent >= 0 && percent <= 100) || Math.abs(millionths / 1e6 - percent) > 1e-12)
    throw new Failure(
      'invalid-input',
      `A canary share is 0 to 100 percent with at most six decimals, not ${percent}.`,
    )
  return fraction(BigInt(millionths), 100_000_000n)
}
