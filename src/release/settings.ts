import type { GateSpec } from './gates.ts'

/** Settings are the choices of one release. Durations in ms, shares in percent, rates 0–1. */
export interface Settings {
  /** Canary shares to reach and judge at, in percent, strictly increasing, the last one 100. */
  steps: number[]
  mode: 'full' | 'step'
  /** Time between polls (P of the grid); `auto`: the scrape interval, measured before the release. */
  interval: number | 'auto'
  minStepDuration: number
  stepTimeout: number
  /** How long the step at 100 is watched at least. */
  finalDuration: number
  settleMin: number
  settleTimeout: number
  /** ms; `auto`: as late as the store is. */
  metricsLag: number | 'auto'
  /** How long before the release stable's own behaviour is looked at. */
  history: number
  onInconclusive: 'hold' | 'rollback' | 'promote'
  onCancel: 'rollback' | 'pause' | 'ignore'
  /** What a rollout does that finds another version in flight; absent: `refuse`. */
  onNewer?: 'refuse' | 'supersede' | 'queue'
  /** How long `onNewer: queue` waits; absent: an hour. */
  queueTimeout?: number
  /** Time without a living run after which a Job puts traffic back; absent: there is no such Job. */
  watchdog?: number
  watchdogImage?: string
  /** Testers who reach the canary before it has any weight; absent: none. */
  preview?: PreviewChoice
  /** Percent of requests that are copied to the canary before it has any weight; absent: none. */
  mirror?: number
  /** How long a preview and a mirror are kept before the next step; absent: as `minStepDuration`. */
  preTrafficDuration?: number
  /** Who meets the canary at a step stays with it, by a cookie; absent: every request is drawn anew. */
  sticky?: StickyChoice
  /** Time from the moment that every proxy has left a canary to its removal; absent: its pods' termination grace. */
  drain?: number
  /** Earlier versions whose destinations stay after a promotion; absent: one. */
  retain?: number
  /** What happens when somebody else changes the canary's share on the way; absent: `hold`. */
  onDrift?: 'hold' | 'restore' | 'adopt'
  capacityCheck: 'wait' | 'warn' | 'off'
  capacityTimeout: number
  /** How long Prometheus may fail in one call, retries included. */
  queryTimeout: number
  /** Restrict which preflight findings are let through as warnings. */
  gate: GateSettings
  /** Gates beside, or tuning, the errors gate that is always there. */
  gates: readonly GateSpec[]
  /** What a proved difference of answers does; absent: they are not compared. */
  profile?: 'observe' | 'enforce' | 'off'
  /** Refuse to start where a canary this much worse can't be caught within a step. */
  minPower: 'off' | '2x' | '10x'
}

/** Poll interval where `auto` measured nothing: Prometheus scrapes every 15 s in most set-ups. */
const defaultInterval = 15_000

/** pollInterval gives the time between polls in ms. `measured`: the scrape interval, where it was measured. */
export function pollInterval({ interval }: Pick<Settings, 'interval'>, measured?: number | null): number {
  return interval === 'auto' ? (measured ?? defaultInterval) : interval
}

/** Lag where `auto` measured nothing, and the shortest that it gives: a scrape takes its time too, ms. */
const defaultLag = 5_000

/** The latest store that `auto` follows: Prometheus shows no sample that is five minutes old, ms. */
export const longestLag = 240_000

/** metricsLag gives how far behind the present is asked, in ms. `measured`: how late the store is, where it was measured. */
export function metricsLag(
  { metricsLag: lag }: Pick<Settings, 'metricsLag'>,
  measured?: number | null,
): number {
  return lag === 'auto' ? Math.max(defaultLag, measured ?? 0) : lag
}

/** lagFor gives the lag (ms) that a newest sample of this age (ms) asks for: whole seconds, and two to spare. */
export function lagFor(age: number): number {
  return Math.min(longestLag, (Math.ceil(Math.max(0, age) / 1000) + 2) * 1000)
}

/** shortestStep gives the time in ms that the step at `weight` percent is watched at least. */
export function shortestStep(
  weight: number,
  { minStepDuration, finalDuration }: Pick<Settings, 'minStepDuration' | 'finalDuration'>,
): number {
  return weight >= 100 ? finalDuration : minStepDuration
}

/** PreviewChoice are the requests of testers: a header, or a cookie, with a value. */
export type PreviewChoice = { header: string; value: string } | { cookie: string; value: string }

/** StickyChoice is how a user is kept on the canary. */
export interface StickyChoice {
  /** Name of the cookie; null: one made of the service's name. */
  cookie: string | null
  /** ms that the user's browser keeps it. */
  maxAge: number
  /** Share in percent from which on users are kept. */
  from: number
}

/** GateSettings configure the errors gate. Their digest is part of the release's state. */
interface GateSettings {
  /** Largest chance of a false abort over the whole release, 0–1. */
  alpha: number
  /** Largest chance that a canary at the pass line passes a step, 0–1. */
  beta: number
  minRequests: number
  /** Absolute limit of the canary's share of bad requests, 0–1; null: none. */
  maxErrorRate: number | null
  /** `auto`: chosen before each step from its traffic; else fixed, 0–1. */
  passMargin: 'auto' | number
  maxPassMargin: number
}
