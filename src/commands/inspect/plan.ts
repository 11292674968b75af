import {
  plannedCanaryText,
  plannedObjectText,
  plannedScalingText,
} from '../../report/words/inspect/canary-plan.ts'
import {
  findingLine,
  noWritesLine,
  routeErrorLine,
  writeLine,
  writeLines,
} from '../../report/words/inspect/inspection.ts'
import { pairOf } from '../../rollout/session.ts'
import { releaseRoutes } from '../../rollout/start/start.ts'
import { planRelease } from '../../routing/release-plan.ts'
import { deploymentView, imagesOf } from '../../workloads/deployment.ts'
import { defineCommand } from '../command.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import type { Startable } from '../start/preparation.ts'
import { releaseStartOf } from '../start/release-start.ts'
import { inspect } from './inspection.ts'
import { stepLines } from './step-lines.ts'

/** planCommand shows what a rollout would write, and what each step can prove at today's traffic. It writes nothing. */
export const planCommand = defineCommand('plan', (command) =>
  inspect(command, async (view, identity, findings) => {
    const steps = await stepLines(command, view, identity, findings)
    return [
      ...findings.filter((finding) => finding.level !== 'ok').map(findingLine),
      ...changeLines(command, view, identity),
      ...steps,
    ]
  }),
)

function canaryLines({ asked: { plan } }: ClusterView, service: string): string[] {
  if (plan?.kind !== 'make') return []
  const { minimum } = plan.workload
  const canary = plan.objects.at(-1)?.metadata
  const scaling =
    minimum === undefined
      ? []
      : plannedScalingText({ ...minimum, namespace: canary?.namespace ?? '' }, canary?.name ?? '')
  const made = plan.objects.map((object) => {
    const { kind, metadata } = object
    const { name, namespace = '' } = metadata
    if (kind !== 'Deployment') return writeLine(plannedObjectText({ kind, name, namespace }, service))
    const view = deploymentView(object)
    const { shape, source } = plan.workload
    return writeLine(plannedCanaryText({ ...view, shape, source, image: imagesOf(view) }))
  })
  return [...made, ...scaling.map(writeLine)]
}

/** Every change of the routes, in order, as a diff of the object that it leaves behind. */
function changeLines(command: CommandSession, view: ClusterView, identity: Startable): string[] {
  const start = releaseStartOf(command, identity, view)
  const { routing, scope, settings } = command.session
  const routes = releaseRoutes(settings, start, view.workloads)
  const stages = planRelease(routing, view.routing, pairOf(scope, start), routes)
  const lines = stages.flatMap(({ change, plan, before }) => {
    if (!plan.ok) return plan.problems.map(routeErrorLine)
    if (change.kind === 'put-back') return []
    return plan.writes.flatMap((write) => writeLines(write, routing.diff(before, write)))
  })
  const made = canaryLines(view, command.request.service)
  return lines.length + made.length === 0 ? [noWritesLine] : [...made, ...lines]
}
