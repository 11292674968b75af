import type { Calibration } from './counts.ts'

/** PodCounts are requests and bad requests of one pod between two polls. */
export type PodCounts = readonly [requests: number, bad: number]

/**
 * calibrate sums what stable's own pods showed before the release: one row a poll, `[requests, bad]` a pod.
 * Pods of one version differ only by chance and by whatever makes errors hang together, so the spread of their
 * shares of the bad events is the dispersion that a canary's share will have. With `w = n/N` and the hypergeometric
 * variance `v = B·w(1−w)·(N−B)/(N−1)` of each pod's share of the poll's `B` bad requests, `S1 = Σ(b − B·w)²`,
 * `S2 = Σv`, `S4 = Σv²`; `df` grows by pods − 1 where `B ≥ 2`. Polls with fewer than two live pods, without a bad
 * request or without a good one say nothing about dispersion; `n, b` sum them all.
 */
export function calibrate(history: readonly (readonly PodCounts[])[]): Calibration {
  const sums = { n: 0, b: 0, S1: 0, S2: 0, S4: 0, df: 0 }
  for (const row of history) addRow(sums, row)
  return sums
}

function addRow(sums: Required<Calibration>, row: readonly PodCounts[]): void {
  let requests = 0
  let bad = 0
  let pods = 0
  for (const [n, b] of row) {
    sums.n += n
    sums.b += b
    if (!(n > 0)) continue
    pods += 1
    requests += n
    bad += b
  }
  if (pods < 2 || bad <= 0 || bad >= requests) return
  for (const [n, b] of row) {
    if (!(n > 0)) continue
    const weight = n / requests
    const v = (bad * weight * (1 - weight) * (requests - bad)) / (requests - 1)
    const residual = b - bad * weight
    sums.S1 += residual * residual
    sums.S2 += v
    sums.S4 += v * v
  }
  if (bad >= 2) sums.df += pods - 1
}
