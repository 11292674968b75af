import type { Settings } from '../../../release/settings.ts'
import { formatDuration } from '../../../release/text/duration.ts'
import { formatPercent, formatPoints, formatShare } from '../../../release/text/figures.ts'
import { type DetectionTimes, detectionPowerText } from './detection-power.ts'

/** PlannedStep is what a step could prove at today's traffic. */
export interface PlannedStep {
  /** Percent. */
  weight: number
  /** A pass rules out a canary that fails this much more often, 0–1. */
  margin: number
  outOfReach: boolean
  /** Canary requests, and seconds at today's traffic; null: no number of them, or no traffic. */
  requestsNeeded: number | null
  secondsNeeded: number | null
  /** null: the traffic isn't known. */
  power: DetectionTimes | null
  /** What would bring the step within reach; null: it is, or nothing would. */
  remedy: StepRemedyView | null
}

/** StepRemedyView is what would bring a step within reach, each by itself; null: that doesn't. */
interface StepRemedyView {
  sharePercent: number | null
  maxSeconds: number | null
  /** To the host. */
  requestsPerSecond: number
}

/** PlannedGate is one gate of a plan; `routes`: those that it is judged on by themselves, with their share (0–1). */
interface PlannedGate {
  name: string
  question: string
  routes: readonly { route: string; share: number }[]
  observesOnly: boolean
}

/** stepsUnknownLine says why a plan can say nothing of its steps. */
export const stepsUnknownLine = 'steps    unknown: without prometheus-url nothing is known about the traffic'

/** trafficLine says how many requests there are (per second; null: none), and whose proxies count them. */
export function trafficLine(rate: number | null, reporter: string): string {
  const seen = rate === null ? 'none seen' : `${rate.toFixed(1)} requests/s`
  return `traffic  ${seen}, counted by the ${reporter} proxies`
}

/** plannedStepLine says what a pass of a step rules out, what it takes, and whom the step catches. */
export function plannedStepLine(step: PlannedStep, settings: Settings): string {
  const { weight, margin, power } = step
  const limit = settings.gate.maxErrorRate
  const below = limit === null ? '' : `, or ${formatPercent(limit)} of its requests`
  const reach =
    weight >= 100 && step.secondsNeeded !== null ? finalReach(step, settings) : reachText(step, settings)
  // At 100% the end of its time promotes unless something leans: what takes longer isn't caught there.
  const time = weight >= 100 ? settings.finalDuration : settings.stepTimeout
  const caught = power === null ? '' : ` ${capitalised(detectionPowerText(power, time))}.`
  return `step     ${formatShare(weight)}: a pass rules out a canary that fails ${formatPoints(margin)} more often${below}; ${timeNeeded(step, settings)}.${reach}${caught}`
}

function reachText(step: PlannedStep, { stepTimeout, onInconclusive }: Settings): string {
  return step.outOfReach
    ? ` Not within step-timeout (${formatDuration(stepTimeout)}): it would end by on-inconclusive (${onInconclusive}).${remedyText(step)}`
    : ''
}

/** At 100% the end of final-duration promotes what was counted there with nothing against it. */
function finalReach({ requestsNeeded, secondsNeeded }: PlannedStep, { finalDuration }: Settings): string {
  const needed = (secondsNeeded ?? 0) * 1000
  if (requestsNeeded !== null && needed <= finalDuration) return ''
  const anyway = ` Not within final-duration (${formatDuration(finalDuration)}): it would be promoted all the same, without proof.`
  if (requestsNeeded === null) return anyway
  const time = `with final-duration ${formatDuration(wholeMinutes(needed / 1000))}`
  return `${anyway} It would pass ${time}, or ${withTraffic((requestsNeeded * 1000) / finalDuration)}.`
}

function withTraffic(requestsPerSecond: number): string {
  return `with ${Number(requestsPerSecond.toPrecision(2))} requests/s to the host, as a load generator outside can add them`
}

function remedyText({ remedy }: PlannedStep): string {
  if (remedy === null) return ''
  const { sharePercent, maxSeconds, requestsPerSecond } = remedy
  const time = maxSeconds === null ? [] : [`with step-timeout ${formatDuration(wholeMinutes(maxSeconds))}`]
  const share = sharePercent === null ? [] : [`at ${formatShare(sharePercent)} of the traffic`]
  return ` It would pass ${[...time, ...share, withTraffic(requestsPerSecond)].join(', or ')}.`
}

/** A duration that is enough, in ms, as people set it. */
function wholeMinutes(seconds: number): number {
  return seconds < 60 ? Math.ceil(seconds) * 1000 : Math.ceil(seconds / 60) * 60_000
}

function timeNeeded({ requestsNeeded, secondsNeeded }: PlannedStep, { minStepDuration }: Settings): string {
  if (requestsNeeded === null) return 'a canary like stable would never prove that'
  if (secondsNeeded === null) return 'no traffic to judge by'
  return `a good release needs about ${formatDuration(Math.max(minStepDuration, secondsNeeded * 1000))}`
}

/** plannedGateLine says what a gate asks, and on which routes by themselves. */
export function plannedGateLine({ name, question, routes, observesOnly }: PlannedGate): string {
  const own = routes.map(({ route, share }) => `${route} (${formatShare(Math.round(share * 100))})`)
  const byRoute = own.length === 0 ? '' : `; by route: ${own.join(', ')}`
  return `gate     ${name}: ${question}${byRoute}${observesOnly ? ', observes only' : ''}`
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
