import { runChecks } from '../../preflight/checks.ts'
import type { GateSpec } from '../../release/gates.ts'
import { gateWords } from '../../release/gates.ts'
import type { KubeObject, Write } from '../../release/kubernetes.ts'
import { refText } from '../../release/kubernetes.ts'
import type { Outcome } from '../../release/outcome.ts'
import type { Finding } from '../../release/record/record.ts'
import type { GateBaseline } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { formatDuration } from '../../release/text/duration.ts'
import {
  detectionPower,
  detectionPowerFindings,
  detectionPowerWords,
} from '../../rollout/evidence/detection-power.ts'
import { planStepMargins } from '../../rollout/evidence/step-plan.ts'
import type { Identity } from '../../rollout/lifecycle/identity.ts'
import { identify } from '../../rollout/lifecycle/identity.ts'
import { pairOf } from '../../rollout/session.ts'
import { measureBaseline } from '../../rollout/start/start.ts'
import { diffLines, planRelease } from '../../routing/istio/routing.ts'
import { failedOutcome, outcomeOf, refusedOutcome } from '../outcomes.ts'
import { preflightMessage } from '../release/rollout.ts'
import type { ClusterView, CommandSession } from '../session/command-session.ts'
import { readCluster, refuseUnfitService } from '../session/command-session.ts'
import { recordNewRelease } from '../session/record-header.ts'
import { readPreflightInput, releasePlanOf } from '../start/preflight-input.ts'
import { releaseStartOf } from '../start/release-start.ts'

type Startable = Extract<Identity, { kind: 'start' | 'initial' }>

/** preflight asks every check and shows the answers. It writes nothing. */
export async function preflight(work: CommandSession): Promise<Outcome> {
  return inspect(work, async (_scene, _identity, findings) => findings.map(findingLine))
}

/** plan shows what a rollout would write, and what each step can prove at today's traffic. It writes nothing. */
export async function plan(work: CommandSession): Promise<Outcome> {
  return inspect(work, async (scene, identity, findings) => {
    const steps = await stepLines(work, scene, identity, findings)
    return [
      ...findings.filter((finding) => finding.level !== 'ok').map(findingLine),
      ...writeLines(work, scene, identity),
      ...steps,
    ]
  })
}

async function inspect(
  work: CommandSession,
  show: (scene: ClusterView, identity: Startable, findings: Finding[]) => Promise<string[]>,
): Promise<Outcome> {
  const { request, context, recorder } = work
  try {
    const scene = await readCluster(work, context.signal)
    const wish = { version: request.version ?? '', stableVersion: request.stableVersion }
    const state = scene.found?.state ?? null
    const bad = inFlight(state) ? null : refuseUnfitService(work, scene)
    if (bad) return bad
    const identity = identify(wish, state, scene.routeModel, scene.workloads, scene.hosts)
    if (identity.kind === 'refused') return refusedOutcome(request, state, identity.reason, identity.text)
    if (identity.kind === 'already' || identity.kind === 'resume') {
      const message =
        identity.kind === 'already'
          ? `${identity.version} already serves all of ${request.service}: a rollout would change nothing.`
          : `Release ${identity.state.id} is in flight at ${identity.state.weight}%: a rollout would go on with it.`
      return outcomeOf(request, state, { result: 'ok', reason: 'inspected', message })
    }
    if (request.prometheus) await work.session.metrics.probe(context.signal)
    const findings = runChecks(await readPreflightInput(work, scene, identity, context.signal))
    for (const finding of findings) recorder.record({ type: 'finding', finding })
    const details = (await show(scene, identity, findings)).join('\n')
    const errors = findings.filter((finding) => finding.level === 'error')
    const outcome =
      errors.length > 0
        ? refusedOutcome(request, state, 'preflight', preflightMessage(errors))
        : outcomeOf(request, state, {
            result: 'ok',
            reason: 'inspected',
            message: 'Nothing stands in the way; nothing was written.',
          })
    return { ...outcome, details }
  } catch (error) {
    return failedOutcome(request, null, error)
  }
}

function findingLine({ level, id, text, remedy }: Finding): string {
  return `${level.padEnd(8)} ${id}: ${text}${remedy ? `\n         → ${remedy}` : ''}`
}

/** Every change of the routes, in order, as a diff of the object that it leaves behind. */
function writeLines(work: CommandSession, scene: ClusterView, identity: Startable): string[] {
  const beginning = releaseStartOf(work, identity, scene)
  const pair = pairOf(work.session.scope, beginning)
  let now = scene.routing
  const lines = planRelease(scene.routing, pair, releasePlanOf(work, beginning, scene)).flatMap((stage) => {
    if (!stage.plan.ok) return stage.plan.problems.map(({ code, text }) => `error    ${code}: ${text}`)
    if (stage.name === 'rollback') return []
    const before = new Map(
      [...now.virtualServices, ...now.destinationRules].map((object) => [nameOf(object), object]),
    )
    now = stage.after
    return stage.plan.writes.flatMap((write) => writeLine(write, before.get(refText(write.ref)) ?? null))
  })
  return lines.length === 0 ? ['write    nothing'] : lines
}

const nameOf = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`

function writeLine(write: Write, before: KubeObject | null): string[] {
  const object = write.action === 'create' ? write.object : write.result
  return [
    `write    ${write.action} ${refText(write.ref)}: ${write.summary}`,
    ...diffLines(before, object).map((line) => `         ${line}`),
  ]
}

/** What is found about the steps joins the findings: it can stand in a release's way like them. */
async function stepLines(
  work: CommandSession,
  scene: ClusterView,
  identity: Startable,
  findings: Finding[],
): Promise<string[]> {
  const { request, context, session } = work
  if (!request.prometheus)
    return ['steps    unknown: without prometheus-url nothing is known about the traffic']
  const beginning = releaseStartOf(work, identity, scene)
  recordNewRelease(work, beginning)
  const before = await measureBaseline(session, beginning, scene.workloads, context.signal)
  const { settings } = request
  const steps = beginning.stable === null ? [100] : settings.steps
  const known = { calibration: before.calibration, interval: before.interval, gates: before.gates }
  const asked = work.recorder.events.filter((event) => event.type === 'finding')
  findings.push(...asked.map(({ finding }) => finding).filter(({ id }) => id === 'gates'))
  for (const finding of detectionPowerFindings(known, settings, steps, before.rate)) {
    work.recorder.record({ type: 'finding', finding })
    findings.push(finding)
  }
  return [
    `traffic  ${before.rate === null ? 'none seen' : `${before.rate.toFixed(1)} requests/s`}, counted by the ${before.source.reporter} proxies`,
    ...steps.map((weight, step) => {
      const choice = planStepMargins(known, settings, weight, before.rate)
      work.recorder.record({ type: 'step', step, ...choice })
      const margin = Math.round(choice.margin * 1000) / 10
      const points = `${margin} point${margin === 1 ? '' : 's'}`
      const needs =
        choice.secondsNeeded === null
          ? 'no traffic to judge by'
          : `a good release needs about ${formatDuration(Math.max(request.settings.minStepDuration, choice.secondsNeeded * 1000))}`
      const reach = choice.outOfReach
        ? ` Not within step-timeout (${formatDuration(request.settings.stepTimeout)}): it would end by on-inconclusive (${request.settings.onInconclusive}).`
        : ''
      // At 100% the end of its time promotes unless something leans: what takes longer isn't caught there.
      const time = weight >= 100 ? settings.finalDuration : settings.stepTimeout
      const power = detectionPowerWords(detectionPower(known, settings, weight, before.rate), time)
      const caught = before.rate === null ? '' : ` ${power.charAt(0).toUpperCase()}${power.slice(1)}.`
      return `step     ${weight}%: a pass rules out a canary that fails ${points} more often; ${needs}.${reach}${caught}`
    }),
    ...gateLines(settings.gates, before.gates),
  ]
}

/** The errors gate is always there; it is told where it was tuned. */
function gateLines(gates: readonly GateSpec[], facts: GateBaseline): string[] {
  return gates.map((gate) => {
    const own =
      gate.type === 'errors'
        ? facts.routes.map(({ route, share }) => `${route} (${Math.round(share * 100)}%)`)
        : []
    const routes = own.length === 0 ? '' : `; by route: ${own.join(', ')}`
    const mode = gate.mode === 'observe' ? ', observes only' : ''
    return `gate     ${gate.name}: ${gateWords(gate, facts.bounds[gate.name] ?? null)}${routes}${mode}`
  })
}
