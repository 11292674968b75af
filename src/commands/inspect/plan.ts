import type { KubeObject, Write } from '../../release/kubernetes.ts'
import { refText } from '../../release/kubernetes.ts'
import { pairOf } from '../../rollout/session.ts'
import { diffLines, planRelease } from '../../routing/istio/routing.ts'
import { defineCommand } from '../command.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { releasePlanOf } from '../start/preflight-input.ts'
import type { Startable } from '../start/preparation.ts'
import { releaseStartOf } from '../start/release-start.ts'
import { findingLine, inspect } from './inspection.ts'
import { stepLines } from './step-lines.ts'

/** planCommand shows what a rollout would write, and what each step can prove at today's traffic. It writes nothing. */
export const planCommand = defineCommand('plan', (command) =>
  inspect(command, async (view, identity, findings) => {
    const steps = await stepLines(command, view, identity, findings)
    return [
      ...findings.filter((finding) => finding.level !== 'ok').map(findingLine),
      ...writeLines(command, view, identity),
      ...steps,
    ]
  }),
)

/** Every change of the routes, in order, as a diff of the object that it leaves behind. */
function writeLines(command: CommandSession, view: ClusterView, identity: Startable): string[] {
  const beginning = releaseStartOf(command, identity, view)
  const pair = pairOf(command.session.scope, beginning)
  let now = view.routing
  const lines = planRelease(view.routing, pair, releasePlanOf(command, beginning, view)).flatMap((stage) => {
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
