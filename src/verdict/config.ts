import { Failure } from '../release/failure.ts'

/**
 * EngineConfig is every setting of the verdict. Times in seconds, rates and shares as fractions of 1.
 * `defaults` says what each is when left out, `rules` what it may be.
 */
export interface EngineConfig {
  /** Largest chance that a release which is not worse than allowed is aborted, over the whole release. */
  alpha: number
  /** Largest chance that a canary exactly at the pass line passes a step. */
  beta: number
  /** A canary is worse than allowed beyond `abortRatio · stable's rate`. */
  abortRatio: number
  /** A pass proves `canary < passRatio · stable + passMargin`. */
  passRatio: number
  passMargin: number
  /** What a step may have to prove instead of `passMargin`, by its traffic; increasing. */
  margins: readonly number[]
  /** Catastrophe: this much above the abort line; its evidence is not tempered. */
  gap: number
  /** No abort while the canary's excess over stable is smaller. */
  minExcess: number
  /** Absolute limit of the canary's rate; null: none. */
  slo: number | null
  /** Rate that a pass proves the canary to be below, at 1 − beta; null: a pass only compares. */
  promisedLimit: number | null
  /** Odds multiples that are alternatives of the comparing e-processes. */
  ratios: readonly number[]
  /** Canary rates that are alternatives of the catastrophe e-process. */
  gapRates: readonly number[]
  /** Multiples of a limit that are alternatives of the one-sample e-processes. */
  soloFactors: readonly number[]
  /** Degrees of freedom from which a calibration is trusted with the sharper likelihoods. */
  calibratedDf: number
  /** Share of an e-process that stays with the null hypothesis. */
  cash: number
  /** Part of the wealth handed out anew before every block, so that late harm is seen. */
  share: number
  /** Part of the way to proof that one block may go at most. */
  cap: number
  /** No abort on fewer bad canary requests … */
  minBad: number
  /** … or on fewer blocks that had one. */
  minBadBlocks: number
  /** Degrees of freedom below which the dispersion counts as unknown. */
  dfMin: number
  /** How much the uncertainty of the dispersion inflates it. */
  phiInflate: number
  phiMemory: number
  /** Dispersion that a pass assumes until something is known, and how heavily. */
  phiPrior: number
  phiPriorWeight: number
  /** Blocks until the flag of wandering rates is in force. */
  noiseLag: number
  noiseFloor: number
  /** Standard deviations of drift that lift the noise guard. */
  lockZ: number
  lockMemory: number
  /** Memory of stable's running rate, per block, and the most requests taken over from history. */
  rateMemory: number
  historyCap: number
  /** Odds of harm at which a pass is withheld. */
  suspect: number
  /** Stable itself is degraded at this multiple of, and this much above, its normal rate. */
  sharedFactor: number
  sharedAdd: number
  sharedAlpha: number
  /** A step passes at this age at the earliest, and is over at `maxSeconds`. */
  minSeconds: number
  maxSeconds: number
  minRequests: number
  /** Blindness that is tolerated. */
  staleSeconds: number
  /** Share of the evidence that the absolute limit gets when it is set. */
  sloWeight: number
}

/** StepOverride changes, for one step number, what a pass of it proves and how long it lasts. */
export interface StepOverride {
  passMargin?: number
  minSeconds?: number
  maxSeconds?: number
  minRequests?: number
}

/** defaults are the engine's settings when nothing is said: made for errors polled every 15 s. */
export const defaults: EngineConfig = {
  alpha: 0.01,
  beta: 0.05,
  abortRatio: 1.1,
  passRatio: 1.25,
  passMargin: 0.005,
  margins: [0.005, 0.01, 0.02, 0.05, 0.1],
  gap: 0.1,
  minExcess: 0,
  slo: null,
  promisedLimit: null,
  ratios: [1.15, 1.4, 2.2, 5, 15, 60],
  gapRates: [0.3, 0.6, 0.97],
  soloFactors: [1.5, 3, 10],
  calibratedDf: 30,
  cash: 0.1,
  share: 0.02,
  cap: 0.55,
  minBad: 3,
  minBadBlocks: 2,
  dfMin: 10,
  phiInflate: 0.5,
  phiMemory: 0.99,
  phiPrior: 2,
  phiPriorWeight: 1,
  noiseLag: 6,
  noiseFloor: 0.1,
  lockZ: 2.2,
  lockMemory: 0.95,
  rateMemory: 0.97,
  historyCap: 20_000,
  suspect: 2,
  sharedFactor: 3,
  sharedAdd: 0.01,
  sharedAlpha: 0.01,
  minSeconds: 180,
  maxSeconds: 900,
  minRequests: 20,
  staleSeconds: 90,
  sloWeight: 0.1,
}

interface Rule {
  allowed: string
  holds: (value: number) => boolean
}

const between = (low: number, high: number): Rule => ({
  allowed: `a number between ${low} and ${high}, both excluded`,
  holds: (value) => value > low && value < high,
})
const within = (low: number, high: number): Rule => ({
  allowed: `a number from ${low} to ${high}`,
  holds: (value) => value >= low && value <= high,
})
const atLeast = (low: number): Rule => ({
  allowed: `a number of at least ${low}`,
  holds: (value) => value >= low && value < Number.POSITIVE_INFINITY,
})
const positive: Rule = {
  allowed: 'a positive number',
  holds: (value) => value > 0 && value < Number.POSITIVE_INFINITY,
}
const memory: Rule = { allowed: 'a number above 0, at most 1', holds: (value) => value > 0 && value <= 1 }
const seconds: Rule = { allowed: 'a positive number of seconds', holds: (value) => value > 0 }
const belowOne: Rule = { allowed: 'a number from 0 to below 1', holds: (value) => value >= 0 && value < 1 }
const lag: Rule = {
  allowed: 'a whole number from 1 to 1000',
  holds: (value) => Number.isInteger(value) && value >= 1 && value <= 1000,
}
const fraction = between(0, 1)

type ListField = 'margins' | 'ratios' | 'gapRates' | 'soloFactors'
type LimitField = 'slo' | 'promisedLimit'
type NumberField = Exclude<keyof EngineConfig, ListField | LimitField>

const rules: Record<NumberField, Rule> = {
  alpha: fraction,
  beta: fraction,
  abortRatio: within(1, 1000),
  passRatio: within(1, 1000),
  passMargin: belowOne,
  gap: fraction,
  minExcess: belowOne,
  calibratedDf: atLeast(0),
  cash: fraction,
  share: belowOne,
  cap: memory,
  minBad: atLeast(0),
  minBadBlocks: atLeast(0),
  dfMin: atLeast(0),
  phiInflate: atLeast(0),
  phiMemory: memory,
  phiPrior: positive,
  phiPriorWeight: positive,
  noiseLag: lag,
  noiseFloor: atLeast(0),
  lockZ: atLeast(0),
  lockMemory: memory,
  rateMemory: memory,
  historyCap: positive,
  suspect: positive,
  sharedFactor: atLeast(1),
  sharedAdd: belowOne,
  sharedAlpha: fraction,
  minSeconds: atLeast(0),
  maxSeconds: seconds,
  minRequests: atLeast(0),
  staleSeconds: positive,
  sloWeight: fraction,
}

const lists: Record<ListField, Rule> = {
  margins: fraction,
  ratios: between(1, 1e9),
  gapRates: fraction,
  soloFactors: between(1, 1e9),
}
const limitRule = between(0, 0.97)

/**
 * resolveConfig fills `partial` up with the defaults. Throws Failure `invalid-input` that names the field, its
 * value and what is allowed; also for a name that doesn't exist.
 */
export function resolveConfig(partial: Partial<EngineConfig> = {}): EngineConfig {
  for (const name of Object.keys(partial)) {
    if (!(name in defaults)) refuse(name, name, `one of ${Object.keys(defaults).join(', ')}`)
  }
  const config = { ...defaults }
  for (const [name, value] of Object.entries(partial)) {
    if (value !== undefined) (config as Record<string, unknown>)[name] = value
  }
  for (const [name, rule] of Object.entries(rules) as [NumberField, Rule][]) check(name, config[name], rule)
  for (const [name, rule] of Object.entries(lists) as [ListField, Rule][]) checkList(name, config[name], rule)
  for (const name of ['slo', 'promisedLimit'] as const) {
    if (config[name] === null) continue
    check(name, config[name], { ...limitRule, allowed: `${limitRule.allowed}, or null` })
  }
  return config
}

/** checkOverride throws Failure `invalid-input` where a step's own setting is not allowed. */
export function checkOverride(override: StepOverride): void {
  for (const name of ['passMargin', 'minSeconds', 'maxSeconds', 'minRequests'] as const) {
    // A phase that must not pass, whatever its counts say, has no minimum time that ends.
    if (name === 'minSeconds' && override[name] === Number.POSITIVE_INFINITY) continue
    if (override[name] !== undefined) check(name, override[name], rules[name])
  }
}

function check(name: string, value: unknown, rule: Rule): void {
  if (typeof value !== 'number' || !rule.holds(value)) refuse(name, value, rule.allowed)
}

function checkList(name: string, value: unknown, rule: Rule): void {
  const rising = (list: readonly number[]) =>
    list.every((entry, i) => i === 0 || entry > (list[i - 1] as number))
  const good =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((entry) => typeof entry === 'number' && rule.holds(entry)) &&
    rising(value)
  if (!good) refuse(name, value, `a list, strictly increasing, each ${rule.allowed}`)
}

function refuse(field: string, value: unknown, allowed: string): never {
  const shown = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'undefined')
  throw new Failure('invalid-input', `${field} is ${shown}, but must be ${allowed}.`, {
    details: { field, value: shown, allowed },
  })
}
