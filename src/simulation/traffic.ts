import { shareWithin } from './latency.ts'
import { hashText, type Random } from './random.ts'
import { binomial, poisson } from './sampling.ts'
import type { ErrorModel, RateModel, TrafficModel, VersionModel } from './traffic-model.ts'

/** arrivalRate gives requests a second at time `t` (seconds since the model's origin). */
export function arrivalRate(rate: RateModel, t: number): number {
  if (rate.kind === 'constant') return rate.perSecond
  if (rate.kind === 'wave') {
    const angle = (2 * Math.PI * (t + rate.phaseSeconds)) / rate.periodSeconds
    return Math.max(0, rate.mean * (1 + rate.amplitude * Math.sin(angle)))
  }
  let current = rate.steps[0]?.perSecond ?? 0
  for (const step of rate.steps) if (step.from <= t) current = step.perSecond
  return current
}

/** arrivals draws how many of a caller's `share` of the requests come between two times, at the middle's rate. */
export function arrivals(random: Random, rate: RateModel, from: number, until: number, share = 1): number {
  return poisson(random, arrivalRate(rate, (from + until) / 2) * (until - from) * share)
}

/** versionModel finds what a version is worth; a version without a model of its own is one of the others. */
export function versionModel(model: TrafficModel, version: string): VersionModel {
  return Object.hasOwn(model.versions, version) ? (model.versions[version] as VersionModel) : model.others
}

/** errorShare gives the share of bad answers at `t`, the version's own and what the shared degradations add. */
export function errorShare(model: TrafficModel, version: VersionModel, t: number): number {
  let good = 1 - ownErrorShare(version.errors, t)
  for (const window of model.degradations ?? []) {
    if (t >= window.from && t < window.until) good *= 1 - window.share
  }
  return 1 - good
}

function ownErrorShare(errors: ErrorModel, t: number): number {
  if (errors.kind === 'constant') return errors.share
  if (errors.kind === 'from') return t >= errors.at ? errors.after : errors.before
  const window = Math.floor(t / errors.everySeconds)
  const room = Math.max(0, errors.everySeconds - errors.lastsSeconds)
  const start = window * errors.everySeconds + (room * hashText(String(window), errors.seed)) / 2 ** 32
  return t >= start && t < start + errors.lastsSeconds ? errors.during : errors.base
}

/** timeoutShare gives the share of a version's requests that outlast their callers' patience. */
export function timeoutShare(model: TrafficModel, version: VersionModel): number {
  const limit = model.timeoutMs ?? null
  return limit === null ? 0 : 1 - shareWithin(version.latency, limit)
}

/** badShare is what callers see go wrong of a version at `t`: timeouts, and bad answers among the rest. */
export function badShare(model: TrafficModel, version: VersionModel, t: number): number {
  const late = timeoutShare(model, version)
  return late + (1 - late) * errorShare(model, version, t)
}

/**
 * countInterval draws what the versions answer between `from` and `until` in memory, without a mesh: the
 * canary gets `share` of all requests. It adds to `canary` and `stable`, so that a loop allocates nothing.
 */
export function countInterval(
  random: Random,
  model: TrafficModel,
  sides: { canary: VersionModel; stable: VersionModel; share: number },
  span: { from: number; until: number },
  into: { canary: { total: number; bad: number }; stable: { total: number; bad: number } },
): void {
  const middle = (span.from + span.until) / 2
  const all = arrivals(random, model.rate, span.from, span.until)
  const abandoned = model.abandonedShare ?? 0
  const answered = abandoned > 0 ? all - binomial(random, all, abandoned) : all
  const toCanary = binomial(random, answered, sides.share)
  const toStable = answered - toCanary
  into.canary.total += toCanary
  into.canary.bad += binomial(random, toCanary, badShare(model, sides.canary, middle))
  into.stable.total += toStable
  into.stable.bad += binomial(random, toStable, badShare(model, sides.stable, middle))
}
