import type { CountPoint } from '../../release/evidence/counts.ts'

/** Below this many requests an observed share says nothing. */
const settleMinRequests = 20
/** Two-sided 99% quantile of the normal distribution. */
const z99 = 2.5758293035489004
/**
 * ln(1/δ) for δ = 1 in 10,000: how unlikely an excess must be under the asked share before traffic goes back for
 * it. At 99% one good release in a hundred with few requests would be rolled back by chance alone.
 */
const excessEvidence = Math.log(10_000)
/** Routing rounds and connections linger: a share this close (0–1) is as asked, however many the requests. */
const tolerance = 0.005

/** ObservedShare is what the data plane shows since a moment. */
export interface ObservedShare {
  canary: number
  total: number
  /** Most of the canary's requests that one sample of one target showed; absent: not known. */
  largestRise?: number
}

/** SettlingState is what the data plane shows of the share that was asked for. */
export type SettlingState =
  | { state: 'waiting' }
  | { state: 'done'; seen: 'as-asked' | 'lower' | 'higher' | 'unknown'; observed: ObservedShare | null }
  | { state: 'exceeded'; observed: ObservedShare }

/**
 * binomialInterval gives Wilson's 99% interval of a share: Wilson 1927, "Probable inference, the law of
 * succession, and statistical inference". `successes` of `n`, n ≥ 1; both ends 0–1.
 */
export function binomialInterval(successes: number, n: number): [low: number, high: number] {
  const p = successes / n
  const z2 = z99 * z99
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n)
  const half = (z99 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))
  return [successes === 0 ? 0 : Math.max(0, centre - half), successes === n ? 1 : Math.min(1, centre + half)]
}

function matches(asked: number, share: ObservedShare): boolean {
  if (share.total < settleMinRequests) return false
  const [low, high] = binomialInterval(share.canary, share.total)
  return asked >= low - tolerance && asked <= high + tolerance
}

function isAbove(asked: number, share: ObservedShare): boolean {
  return share.total >= settleMinRequests && share.canary / share.total > asked
}

function between(from: CountPoint, to: CountPoint): ObservedShare | null {
  if (!from.canary || !from.stable || !to.canary || !to.stable) return null
  const canary = to.canary.total - from.canary.total
  const total = canary + to.stable.total - from.stable.total
  return canary < 0 || total < canary ? null : { canary, total }
}

interface SettlingInput {
  /** Share asked for, 0–1. */
  asked: number
  /** Users are kept on the canary, so that more than the asked share is as it should be. */
  higher?: boolean
  /** Seconds since the release's start. */
  writtenAt: number
  /** Seconds after the write before which the mesh may still be taking the change over. */
  minimum: number
  /** Seconds after the write at which waiting ends. */
  deadline: number
  /** Seconds since the release's start. */
  now: number
}

/**
 * settlingState tells whether the data plane shows the share that was asked for. Requests are looked at from the
 * first grid point after the minimum on, all of them or the last interval alone: the mesh may take the change
 * over late, and what it sent before says nothing about what it sends now. At the deadline a share that is
 * lower, unknown or a little higher is let through and recorded; one that is higher beyond doubt means that
 * somebody reaches the pods past the route, unless users are kept on the canary: then that is what was meant.
 */
export function settlingState(question: SettlingInput, points: readonly CountPoint[]): SettlingState {
  const { asked, writtenAt, minimum, deadline, now } = question
  if (now < writtenAt + minimum) return { state: 'waiting' }
  const whole = observedSince(points, writtenAt + minimum)
  const previous = points.filter((point) => point.canary && point.stable).at(-2)
  const recent = previous ? observedSince(points, Math.max(previous.t, writtenAt + minimum)) : null
  for (const share of [whole, recent]) {
    if (share && matches(asked, share)) return { state: 'done', seen: 'as-asked', observed: share }
  }
  for (const share of question.higher ? [whole, recent] : []) {
    if (share && isAbove(asked, share)) return { state: 'done', seen: 'higher', observed: share }
  }
  if (now < writtenAt + deadline) return { state: 'waiting' }
  return atDeadline(asked, whole)
}

/**
 * withdrawalState tells the same after a rollback, where nobody shall reach the canary: a handful of requests that
 * linger on old connections is no proof that it is still reached, a share clearly above the tolerance is.
 */
export function withdrawalState(
  question: Omit<SettlingInput, 'asked' | 'higher'>,
  points: readonly CountPoint[],
): SettlingState {
  const settled = settlingState({ ...question, asked: 0 }, points)
  if (settled.state !== 'exceeded' || isExceeded(tolerance, settled.observed)) return settled
  return { state: 'done', seen: 'higher', observed: settled.observed }
}

function atDeadline(asked: number, share: ObservedShare | null): SettlingState {
  if (!share || share.total < settleMinRequests) return { state: 'done', seen: 'unknown', observed: share }
  if (share.canary / share.total < asked) return { state: 'done', seen: 'lower', observed: share }
  if (isExceeded(asked, share)) return { state: 'exceeded', observed: share }
  return { state: 'done', seen: 'higher', observed: share }
}

/**
 * isExceeded tells whether more than the asked share (0–1) reaches the canary beyond doubt: by more than a quarter,
 * and with a chance of at most δ under the asked share, by Chernoff's bound
 * `P(share ≥ s) ≤ exp(−n·KL(s‖asked))` (Chernoff 1952). It must hold without the largest sample too: one wrong sample
 * of one target never rolls a release back.
 */
export function isExceeded(asked: number, share: ObservedShare): boolean {
  const { canary, total, largestRise = 0 } = share
  return (
    isBeyond(asked, share) && isBeyond(asked, { canary: canary - largestRise, total: total - largestRise })
  )
}

function isBeyond(asked: number, share: ObservedShare): boolean {
  const seen = share.canary / share.total
  if (!(seen > asked * 1.25) || asked >= 1) return false
  const rest = seen < 1 ? (1 - seen) * Math.log((1 - seen) / (1 - asked)) : 0
  return share.total * (seen * Math.log(seen / asked) + rest) >= excessEvidence
}

/** observedSince gives the requests of both versions since a moment (seconds since the release's start). */
export function observedSince(points: readonly CountPoint[], since: number): ObservedShare | null {
  const usable = points.filter((point) => point.t >= since && point.canary && point.stable)
  const [first] = usable
  const last = usable.at(-1)
  const share = first && last && first !== last ? between(first, last) : null
  if (share === null) return null
  return { ...share, largestRise: Math.max(...usable.slice(1).map((point) => point.largestRise ?? 0)) }
}
