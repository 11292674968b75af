import type { PollView } from './release-view.ts'

/** ErrorPoint is the share of bad requests between two grid points, in seconds since the release started. */
export interface ErrorPoint {
  from: number
  to: number
  step: number
  /** 0–1; null where no request was counted, or none could be. */
  canary: number | null
  stable: number | null
  canaryTotal: number
  stableTotal: number
  canaryBad: number
  stableBad: number
  /** Both sides were counted at its end: only then do the totals tell the canary's share. */
  known: boolean
}

/**
 * errorSeries gives error rates over time from cumulative polls, at most `limit` points. Where a poll is missing
 * the next one covers its time too: nothing is counted twice and nothing is lost. Points never mix two steps.
 */
export function errorSeries(polls: readonly PollView[], limit: number): ErrorPoint[] {
  const single = differences(polls)
  const width = Math.ceil(single.length / Math.max(1, limit))
  for (let size = Math.max(1, width); ; size++) {
    const merged = merge(single, size)
    // Steps that end inside a group make more points than asked for; wider groups make fewer again.
    if (merged.length <= limit || size > single.length) return merged.slice(-limit)
  }
}

function differences(polls: readonly PollView[]): ErrorPoint[] {
  const points: ErrorPoint[] = []
  let canary = { total: 0, bad: 0 }
  let stable = { total: 0, bad: 0 }
  let from = 0
  for (const poll of polls) {
    if (poll.t <= 0) {
      canary = poll.canary ?? canary
      stable = poll.stable ?? stable
      continue
    }
    const point = {
      from,
      to: poll.t,
      step: poll.step,
      canaryTotal: Math.max(0, (poll.canary?.total ?? canary.total) - canary.total),
      canaryBad: Math.max(0, (poll.canary?.bad ?? canary.bad) - canary.bad),
      stableTotal: Math.max(0, (poll.stable?.total ?? stable.total) - stable.total),
      stableBad: Math.max(0, (poll.stable?.bad ?? stable.bad) - stable.bad),
      known: poll.canary !== null && (poll.stable !== null || !poll.control),
    }
    points.push(rated(point))
    canary = poll.canary ?? canary
    stable = poll.stable ?? stable
    from = poll.t
  }
  return points
}

function merge(points: ErrorPoint[], size: number): ErrorPoint[] {
  const merged: ErrorPoint[] = []
  let members = 0
  for (const point of points) {
    const group = merged.at(-1)
    if (group === undefined || members === size || group.step !== point.step) {
      merged.push(point)
      members = 1
      continue
    }
    merged[merged.length - 1] = rated({
      from: group.from,
      to: point.to,
      step: point.step,
      canaryTotal: group.canaryTotal + point.canaryTotal,
      canaryBad: group.canaryBad + point.canaryBad,
      stableTotal: group.stableTotal + point.stableTotal,
      stableBad: group.stableBad + point.stableBad,
      known: point.known,
    })
    members++
  }
  return merged
}

function rated(point: Omit<ErrorPoint, 'canary' | 'stable'>): ErrorPoint {
  return {
    ...point,
    canary: point.canaryTotal > 0 ? Math.min(1, point.canaryBad / point.canaryTotal) : null,
    stable: point.stableTotal > 0 ? Math.min(1, point.stableBad / point.stableTotal) : null,
  }
}
