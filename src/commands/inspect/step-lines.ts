import { activeGates, gateQuestion, routesOf } from '../../gates/selection.ts'
import type { GateSpec } from '../../release/gates.ts'
import type { Finding } from '../../release/record/record.ts'
import type { Settings } from '../../release/settings.ts'
import type { GateBaseline } from '../../release/state/state.ts'
import { wordedFinding } from '../../report/words/events/release-finding.ts'
import {
  type PlannedStep,
  plannedGateLine,
  plannedStepLine,
  stepsUnknownLine,
  trafficLine,
} from '../../report/words/inspect/step-plan.ts'
import { detectionPower } from '../../rollout/evidence/detection-power.ts'
import type { StepPlan } from '../../rollout/evidence/step-plan.ts'
import { planStepMargins, remedyOf } from '../../rollout/evidence/step-plan.ts'
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
  if (!request.prometheus) return [stepsUnknownLine]
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
  return [
    trafficLine(before.rate, before.source.reporter),
    ...steps.map((weight, step) => {
      const choice = planStepMargins(knownOf(before), settings, weight, before.rate)
      recorder.record({ type: 'step', step, ...choice })
      return plannedStepLine(plannedStep(settings, before, weight, choice), settings)
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

function plannedStep(
  settings: Settings,
  before: TrafficBaseline,
  weight: number,
  choice: StepPlan,
): PlannedStep {
  const { rate } = before
  const power = rate === null ? null : detectionPower(knownOf(before), settings, weight, rate)
  const remedy = remedyOf(knownOf(before), settings, weight, rate)
  return { ...choice, weight, power, remedy }
}

/** The gate of failed requests is always there; it stands here where it was tuned. */
function gateLines(gates: readonly GateSpec[], baseline: GateBaseline): string[] {
  return gates.map((gate) =>
    plannedGateLine({
      name: gate.name,
      question: gateQuestion(gate, baseline),
      routes: routesOf(gate, baseline),
      observesOnly: gate.mode === 'observe',
    }),
  )
}
