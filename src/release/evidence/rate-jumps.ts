import { calibrate, type PodCounts } from './calibration.ts'

/** Degrees of freedom below which pods tell nothing of their own dispersion. */
const leastDf = 10
/** What a single pod may have by errors that come together, as where callers retry: clusters of five on average. */
const assumedDispersion = 10
/** Standard errors of the excess that chance is not believed to make. */
const leastErrors = 3
/** Pairs of polls with two bad requests or more, below which nothing is said. */
const leastPairs = 8
/** An incident begins once and ends once: what differs most is left out, so that one is none that jumps. */
const leftOut = 2

/**
 * rateJumps is how much all of a version together jumps from poll to poll: the coefficient of variation of its share of
 * bad requests, beyond what chance and its pods' own bursts explain; null where they explain it. One row a poll,
 * `[requests, bad]` a pod. Two polls after each other are compared, so that a rate which drifts is none that jumps. With
 * `B` bad requests of both, `r` and `v` the first poll's residual and its hypergeometric variance, and `φ` the pods'
 * dispersion, `Σ(r² − φ·v)` is `2·cv²·Σv²` where each poll's rate is a draw of its own.
 */
export function rateJumps(history: readonly (readonly PodCounts[])[]): number | null {
  const phi = dispersionOf(history)
  const pairs = pairsOf(history, phi)
  if (pairs.filter(({ bad }) => bad >= 2).length < leastPairs) return null
  const usual = pairs.toSorted((one, other) => other.excess - one.excess).slice(leftOut)
  const excess = usual.reduce((sum, pair) => sum + pair.excess, 0)
  const squares = usual.reduce((sum, { v }) => sum + v * v, 0)
  return excess > leastErrors * phi * Math.sqrt(2 * squares) ? Math.sqrt(excess / (2 * squares)) : null
}

/** Pairs of polls after each other that had bad requests and good ones. */
function pairsOf(
  history: readonly (readonly PodCounts[])[],
  phi: number,
): { bad: number; v: number; excess: number }[] {
  const pairs: { bad: number; v: number; excess: number }[] = []
  for (let at = 1; at < history.length; at += 2) {
    const [requests, bad] = totalOf(history[at - 1] as readonly PodCounts[])
    const [moreRequests, moreBad] = totalOf(history[at] as readonly PodCounts[])
    const [n, b] = [requests + moreRequests, bad + moreBad]
    if (requests === 0 || moreRequests === 0 || b === 0 || b >= n) continue
    const weight = requests / n
    const v = (b * weight * (1 - weight) * (n - b)) / (n - 1)
    pairs.push({ bad: b, v, excess: (bad - b * weight) ** 2 - phi * v })
  }
  return pairs
}

function dispersionOf(history: readonly (readonly PodCounts[])[]): number {
  const { S1, S2, df } = calibrate(history)
  return df >= leastDf && S2 > 0 ? Math.max(1, S1 / S2) : assumedDispersion
}

function totalOf(row: readonly PodCounts[]): [requests: number, bad: number] {
  let [requests, bad] = [0, 0]
  for (const [n, b] of row) {
    requests += n
    bad += b
  }
  return [requests, bad]
}
