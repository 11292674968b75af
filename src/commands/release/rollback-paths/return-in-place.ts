import type { Outcome } from '../../../release/outcome/outcome.ts'
import type { Request } from '../../../release/request.ts'
import { pollInterval } from '../../../release/settings.ts'
import { identityRefusalMessage } from '../../../report/words/outcome/identity-refusal.ts'
import type { FoundState } from '../../../rollout/session.ts'
import type { TrafficBaseline } from '../../../rollout/start/baseline.ts'
import type { ReleaseStart } from '../../../rollout/start/release-start.ts'
import { startRelease } from '../../../rollout/start/start.ts'
import { preflightRefusal, refusedOutcome } from '../../outcomes.ts'
import type { ClusterView } from '../../session/cluster-view.ts'
import type { CommandSession } from '../../session/command-session.ts'
import { recordNewRelease } from '../../session/record-header.ts'
import { canaryFindings, refuseCanary } from '../../start/canary-checks.ts'
import { identifyAsked } from '../../start/identify-asked.ts'
import { type Choice, prepare, type Startable } from '../../start/preparation.ts'
import { releaseStartOf } from '../../start/release-start.ts'
import { driveToEnd, endingInSafety, givingLeaseBack, resumeRelease } from '../in-flight.ts'

/**
 * returnInPlace gives a Deployment that runs the version after it its image before again, the way that a release goes,
 * and without judging: a canary of that image takes everything as soon as it has all its pods, then the Deployment does.
 */
export async function returnInPlace(
  command: CommandSession,
  to: Pick<Request, 'image' | 'version' | 'workload' | 'copyPolicies'>,
): Promise<Outcome> {
  const returning: CommandSession = { ...command, request: { ...command.request, ...to } }
  const prepared = await prepare(returning, (now) => choose(returning, now))
  if (prepared.kind === 'end') return prepared.outcome
  return givingLeaseBack(command, () => start(returning, prepared.chosen, prepared.view))
}

/** goOnReturning goes on with such a return that a run has left on its way. */
export async function goOnReturning(command: CommandSession, found: FoundState): Promise<Outcome> {
  const prepared = await prepare(command, async () => ({ kind: 'go', chosen: found }))
  if (prepared.kind === 'end') return prepared.outcome
  return givingLeaseBack(command, () => resumeRelease(command, prepared.view.found ?? found))
}

/** Only what can't be made stands in the way: what is left may be in any state. */
async function choose(command: CommandSession, view: ClusterView): Promise<Choice<Startable>> {
  const { request, context, recorder } = command
  const state = view.found?.state ?? null
  const impossible = refuseCanary(command, view)
  if (impossible) return { kind: 'end', outcome: impossible }
  const identity = identifyAsked(request, view)
  if (identity.kind !== 'start') {
    const text = identity.kind === 'refused' ? identityRefusalMessage(identity.refusal) : ''
    return { kind: 'end', outcome: refusedOutcome(request, state, 'target-not-ready', text) }
  }
  const findings = (await canaryFindings(command, view, context.signal)).filter(
    ({ level }) => level === 'error',
  )
  for (const finding of findings) recorder.record({ type: 'finding', finding })
  const refused = preflightRefusal(request, state, findings)
  return refused === null ? { kind: 'go', chosen: identity } : { kind: 'end', outcome: refused }
}

async function start(command: CommandSession, identity: Startable, view: ClusterView): Promise<Outcome> {
  const { context, session, request } = command
  const start = releaseStartOf(command, identity, view, { by: request.runUrl ?? request.holder })
  recordNewRelease(command, start)
  return endingInSafety(command, async () => {
    await startRelease(session, start, unmeasured(command, start), view.workloads, context.signal)
    return driveToEnd(command)
  })
}

/** Nothing is counted of what is not judged. */
function unmeasured({ request }: CommandSession, { stable, canary }: ReleaseStart): TrafficBaseline {
  const workloads = { canary: canary.workload, stable: (stable ?? canary).workload }
  return {
    source: { reporter: 'source', label: 'destination_workload', ...workloads },
    calibration: null,
    lost: null,
    rate: null,
    jumps: null,
    gates: { bounds: {}, calibrations: {}, routes: [] },
    interval: pollInterval(request.settings),
  }
}
