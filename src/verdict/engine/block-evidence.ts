import { nearestRate } from './projection.ts'

/**
 * blockLog is the log of the likelihood ratio of one block, alternative `(ac, as)` against the nearest point of
 * the line `ratio·p + add`: an e-value for every pair of rates on the far side. `nc, bc` requests and bad ones of
 * the canary, `ns, bs` of stable. With `ratio` 0 it tests the canary alone against the limit `add`.
 * Terms with a zero count are left out, so that a rate of 0 costs nothing where nothing was seen.
 */
export function blockLog(
  nc: number,
  bc: number,
  ns: number,
  bs: number,
  ac: number,
  as: number,
  ratio: number,
  add: number,
): number {
  const x = ratio === 0 ? 0 : nearestRate(nc, ac, ns, as, ratio, add)
  const y = ratio * x + add
  let sum = 0
  if (bc > 0) sum += bc * Math.log(ac / y)
  if (nc > bc) sum += (nc - bc) * Math.log1p((y - ac) / (1 - y))
  if (ratio === 0) return sum
  if (bs > 0) sum += bs * Math.log(as / x)
  if (ns > bs) sum += (ns - bs) * Math.log1p((x - as) / (1 - x))
  return sum
}

/** oddsMultiple is the rate whose odds are `ratio` times those of `p`. */
export function oddsMultiple(p: number, ratio: number): number {
  const odds = (ratio * p) / (1 - p)
  return odds / (1 + odds)
}

/** shareAtLine is the largest chance that a bad event falls on the canary while it is not beyond the line. */
export function shareAtLine(nc: number, ns: number, abortRatio: number): number {
  const weighted = nc * abortRatio
  return Math.min(0.999, (weighted / (weighted + ns)) * (1 + Math.max(0, abortRatio - 1) / (nc + ns)))
}

/**
 * shareLog is the log of an e-value of the canary's share `bc/(bc + bs)` of the bad events being that of an odds
 * multiple `ratio` beyond the line. It is linear in the share, so only the share's mean matters: fair however
 * strongly the errors of one block hang together. `atLine` is `shareAtLine` of the block; `bc + bs > 0`.
 */
export function shareLog(
  nc: number,
  bc: number,
  ns: number,
  bs: number,
  abortRatio: number,
  ratio: number,
  atLine: number,
): number {
  const weighted = nc * abortRatio * ratio
  const beyond = weighted / (weighted + ns)
  if (!(beyond > atLine)) return 0
  const share = bc / (bc + bs)
  return Math.log((share * beyond) / atLine + ((1 - share) * (1 - beyond)) / (1 - atLine))
}
