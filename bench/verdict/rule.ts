import type { Poll } from '../../src/release/evidence/counts.ts'
import type { Random } from './random.ts'
import { source, type Traffic } from './traffic.ts'

export type End = 'aborted' | 'promoted' | 'inconclusive'

/** DecisionRule is a way to decide about a release: it looks at every poll and says how traffic goes on. */
export interface DecisionRule {
  /** The canary's share of traffic until the next poll, 0–1. */
  share: number
  /** Number of the step that polls belong to. */
  step: number
  /** observe takes the next poll; null: the release goes on. */
  observe(poll: Poll): End | null
}

/** Run is how one release went: its end (null: none within the time) and what users suffered until then. */
export interface Run {
  end: End | null
  seconds: number
  canaryRequests: number
  canaryBad: number
}

/** steer lets `rule` run one release that its own shares make the traffic of. */
export function steer(random: Random, traffic: Traffic, rule: DecisionRule, maxSeconds: number): Run {
  const polls = source(random, traffic)
  let seconds = 0
  let end: End | null = null
  while (end === null && seconds < maxSeconds) {
    const poll = polls.next(rule.step, rule.share)
    seconds = poll.t
    end = rule.observe(poll)
  }
  return { end, seconds, canaryRequests: polls.truth.canaryTotal, canaryBad: polls.truth.canaryBad }
}

/** watch lets `rule` look at given polls of a release whose share doesn't change. */
export function watch(polls: readonly Poll[], rule: DecisionRule): Run {
  let last: Poll | undefined
  let end: End | null = null
  for (const poll of polls) {
    last = poll
    end = rule.observe(poll)
    if (end !== null) break
  }
  return {
    end,
    seconds: last?.t ?? 0,
    canaryRequests: last?.canary?.total ?? 0,
    canaryBad: last?.canary?.bad ?? 0,
  }
}
