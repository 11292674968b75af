import type { Counts, Poll } from '../../src/release/evidence/counts.ts'
import type { DecisionRule, End } from './rule.ts'

/** Window is the canary's counts at the polls of the last minute: both rules look at its success rate in it. */
interface Window {
  last: Counts[]
}

const span = 4

/** success is the rate over the window; NaN without a request in it. */
function success({ last }: Window): number {
  const newest = last.at(-1) as Counts
  const oldest = last[0] as Counts
  const total = newest.total - oldest.total
  return total > 0 ? 1 - (newest.bad - oldest.bad) / total : Number.NaN
}

function push(window: Window, poll: Poll): void {
  if (poll.canary === null) return
  window.last.push(poll.canary)
  if (window.last.length > span + 1) window.last.shift()
}

interface Flagger {
  /** Canary shares, one passing check each. */
  shares: readonly number[]
  /** Least success rate. */
  min: number
  /** Failed checks, ever, at which the next tick rolls back. */
  threshold: number
}

/** flagger checks every minute; failed checks add up and never decrease; no value is a failed check. */
export function flagger({ shares, min, threshold }: Flagger): DecisionRule {
  const window: Window = { last: [{ total: 0, bad: 0 }] }
  let failed = 0
  let at = 0
  const rule: DecisionRule = {
    share: shares[0] as number,
    step: 0,
    observe(poll): End | null {
      push(window, poll)
      if (poll.t % 60 !== 0) return null
      if (failed >= threshold) return 'aborted'
      if (!(success(window) >= min)) {
        failed += 1
        return null
      }
      at += 1
      if (at >= shares.length) return 'promoted'
      rule.share = shares[at] as number
      rule.step = at
      return null
    },
  }
  return rule
}

interface Argo {
  /** Canary shares, each for `measurements` minutes. */
  shares: readonly number[]
  measurements: number
  min: number
  /** Failed measurements that are tolerated. */
  failureLimit: number
}

/** argo measures every minute from the first on; without a request the result is NaN, which fails. */
export function argo({ shares, measurements, min, failureLimit }: Argo): DecisionRule {
  const window: Window = { last: [{ total: 0, bad: 0 }] }
  let failed = 0
  let measured = 0
  const rule: DecisionRule = {
    share: shares[0] as number,
    step: 0,
    observe(poll): End | null {
      push(window, poll)
      if (poll.t % 60 !== 0) return null
      if (!(success(window) >= min)) failed += 1
      if (failed > failureLimit) return 'aborted'
      measured += 1
      const step = Math.floor(measured / measurements)
      if (step >= shares.length) return 'promoted'
      rule.share = shares[step] as number
      rule.step = step
      return null
    },
  }
  return rule
}
