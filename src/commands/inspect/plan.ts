import { refOfObject, refText } from '../../release/kubernetes.ts'
import type { Settings } from '../../release/settings.ts'
import {
  plannedCanaryText,
  plannedObjectText,
  plannedScalingText,
  plannedTakeoverTexts,
} from '../../report/words/inspect/canary-plan.ts'
import {
  findingLine,
  noWritesLine,
  routeErrorLine,
  writeLine,
  writeLines,
} from '../../report/words/inspect/inspection.ts'
import { returnPlan } from '../../rollout/actions/canary/takeover.ts'
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
  const scaling =
    plan.scaling === null
      ? []
      : plannedScalingText(
          { ...plan.scaling.minimum, namespace: plan.scaling.ref.namespace },
          plan.scaling.copy?.metadata.name ?? null,
        )
  const made = plan.objects.map((object) => {
    const { kind, metadata } = object
    const { name, namespace = '' } = metadata
    if (kind !== 'Deployment') return writeLine(plannedObjectText({ kind, name, namespace }, service))
    const view = deploymentView(object)
    const { shape, source } = plan.workload
    const borrows = plan.patch !== undefined
    return writeLine(plannedCanaryText({ ...view, shape, source, borrows, image: imagesOf(view) }))
  })
  return [...made, ...scaling.map(writeLine)]
}

/** What follows once every step has passed, where the canary is there for a time. */
function takeoverLines({ asked: { plan } }: ClusterView, settings: Settings): string[] {
  if (plan?.kind !== 'make' || plan.workload.inPlace === undefined) return []
  const { source, inPlace, image } = plan.workload
  const { track, before } = inPlace
  const made = [...plan.objects, ...(plan.scaling?.copy ? [plan.scaling.copy] : [])]
  return plannedTakeoverTexts({
    source,
    before,
    image,
    ...returnPlan(settings),
    removed: track === undefined ? made.map(refOfObject).map(refText) : [],
    returned: track?.owed === undefined ? null : { workload: track.workload, replicas: track.owed.replicas },
  }).map(writeLine)
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
  const writes = [...made, ...lines, ...takeoverLines(view, settings)]
  return writes.length === 0 ? [noWritesLine] : writes
}
