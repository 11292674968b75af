import { calibrate, type PodCounts } from './calibration.ts'

/** Degrees of freedom below which pods tell nothing of their own dispersion. */
const leastDf = 10
/** Standard errors of the excess that chance is not believed to make. */
const leastErrors = 3

/**
 * rateJumps is how much all of a version together jumps from poll to poll: the coefficient of variation of its share of
 * bad requests, beyond what chance and its pods' own bursts explain; null where they explain it. One row a poll,
 * `[requests, bad]` a pod. Two polls after each other are compared, so that a rate which drifts is none that jumps. With
 * `B` bad requests of both, `r` and `v` the first poll's residual and its hypergeometric variance, and `φ` the pods'
 * dispersion, `Σ(r² − φ·v)` is `2·cv²·Σv²` where each poll's rate is a draw of its own.
 */
export function rateJumps(history: readonly (readonly PodCounts[])[]): number | null {
  const phi = dispersionOf(history)
  let [excess, squares] = [0, 0]
  for (let at = 1; at < history.length; at += 2) {
    const [requests, bad] = totalOf(history[at - 1] as readonly PodCounts[])
    const [moreRequests, moreBad] = totalOf(history[at] as readonly PodCounts[])
    const [n, b] = [requests + moreRequests, bad + moreBad]
    if (requests === 0 || moreRequests === 0 || b === 0 || b >= n) continue
    const weight = requests / n
    const v = (b * weight * (1 - weight) * (n - b)) / (n - 1)
    excess += (bad - b * weight) ** 2 - phi * v
    squares += v * v
  }
  return excess > leastErrors * phi * Math.sqrt(2 * squares) ? Math.sqrt(excess / (2 * squares)) : null
}

function dispersionOf(history: readonly (readonly PodCounts[])[]): number {
  const { S1, S2, df } = calibrate(history)
  return df >= leastDf && S2 > 0 ? Math.max(1, S1 / S2) : 1
}

function totalOf(row: readonly PodCounts[]): [requests: number, bad: number] {
  let [requests, bad] = [0, 0]
  for (const [n, b] of row) {
    requests += n
    bad += b
  }
  return [requests, bad]
}
