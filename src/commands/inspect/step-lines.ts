import { activeGates, gateQuestion, routesOf } from '../../gates/selection.ts'
import type { GateSpec } from '../../release/gates.ts'
import type { Finding } from '../../release/record/record.ts'
import type { Settings } from '../../release/settings.ts'
import type { GateBaseline } from '../../release/state/state.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { formatPercent } from '../../release/text/figures.ts'
import { wordedFinding } from '../../report/words/events/release-finding.ts'
import { detectionPowerText } from '../../report/words/inspect/detection-power.ts'
import { detectionPower } from '../../rollout/evidence/detection-power.ts'
import type { StepPlan } from '../../rollout/evidence/step-plan.ts'
import { planStepMargins } from '../../rollout/evidence/step-plan.ts'
import type { TrafficBaseline } from '../../rollout/start/baseline.ts'
import { measureBaseline } from '../../rollout/start/baseline.ts'
import { releaseFindings } from '../../rollout/start/release-findings.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { recordNewRelease } from '../session/record-header.ts'
import type { Startable } from '../start/preparation.ts'
import { releaseStartOf } from '../start/release-start.ts'

/**
 * stepLines shows what each step of a release could prove at today's traffic. What is found about the steps joins the
 * findings: it can stand in a release's way like them.
 */
export async function stepLines(
  command: CommandSession,
  view: ClusterView,
  identity: Startable,
  findings: Finding[],
): Promise<string[]> {
  const { request, context, session, recorder } = command
  if (!request.prometheus)
    return ['steps    unknown: without prometheus-url nothing is known about the traffic']
  const start = releaseStartOf(command, identity, view)
  recordNewRelease(command, start)
  const before = await measureBaseline(session, start, view.workloads, context.signal)
  const { settings } = request
  const steps = start.stable === null ? [100] : settings.steps
  findings.push(...gateFindings(command))
  for (const finding of releaseFindings(settings, start, before, view.workloads)) {
    recorder.record({ type: 'finding', finding })
    findings.push(wordedFinding(finding))
  }
  const rate = before.rate === null ? 'none seen' : `${before.rate.toFixed(1)} requests/s`
  return [
    `traffic  ${rate}, counted by the ${before.source.reporter} proxies`,
    ...steps.map((weight, step) => {
      const choice = planStepMargins(knownOf(before), settings, weight, before.rate)
      recorder.record({ type: 'step', step, ...choice })
      return stepLine(settings, before, weight, choice)
    }),
    ...gateLines(activeGates(settings), before.gates),
  ]
}

/** What asking the gates once has found. */
function gateFindings({ recorder }: CommandSession): Finding[] {
  const found = recorder.events.filter((event) => event.type === 'finding')
  return found.map(({ finding }) => finding).filter(({ id }) => id === 'gates')
}

function knownOf({ calibration, interval, gates }: TrafficBaseline) {
  return { calibration, interval, gates }
}

function stepLine(settings: Settings, before: TrafficBaseline, weight: number, choice: StepPlan): string {
  const margin = Math.round(choice.margin * 1000) / 10
  const points = `${margin} point${margin === 1 ? '' : 's'}`
  const reach = choice.outOfReach
    ? ` Not within step-timeout (${formatDuration(settings.stepTimeout)}): it would end by on-inconclusive (${settings.onInconclusive}).`
    : ''
  const caught = before.rate === null ? '' : ` ${caughtWithin(settings, before, weight)}.`
  const limit = settings.gate.maxErrorRate
  const below = limit === null ? '' : `, or ${formatPercent(limit)} of its requests`
  return `step     ${weight}%: a pass rules out a canary that fails ${points} more often${below}; ${timeNeeded(settings, choice)}.${reach}${caught}`
}

function timeNeeded({ minStepDuration }: Settings, { requestsNeeded, secondsNeeded }: StepPlan): string {
  if (requestsNeeded === null) return 'a canary like stable would never prove that'
  if (secondsNeeded === null) return 'no traffic to judge by'
  return `a good release needs about ${formatDuration(Math.max(minStepDuration, secondsNeeded * 1000))}`
}

function caughtWithin(settings: Settings, before: TrafficBaseline, weight: number): string {
  // At 100% the end of its time promotes unless something leans: what takes longer isn't caught there.
  const time = weight >= 100 ? settings.finalDuration : settings.stepTimeout
  const known = knownOf(before)
  const power = detectionPowerText(detectionPower(known, settings, weight, before.rate), time)
  return `${power.charAt(0).toUpperCase()}${power.slice(1)}`
}

/** The gate of failed requests is always there; it stands here where it was tuned. */
function gateLines(gates: readonly GateSpec[], baseline: GateBaseline): string[] {
  return gates.map((gate) => {
    const own = routesOf(gate, baseline).map(({ route, share }) => `${route} (${Math.round(share * 100)}%)`)
    const routes = own.length === 0 ? '' : `; by route: ${own.join(', ')}`
    const mode = gate.mode === 'observe' ? ', observes only' : ''
    return `gate     ${gate.name}: ${gateQuestion(gate, baseline)}${routes}${mode}`
  })
}
