import type { Outcome } from '../../release/outcome/outcome.ts'
import type { Finding } from '../../release/record/record.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import {
  readyMessage,
  servesEverythingMessage,
  wouldResumeMessage,
} from '../../report/words/inspect/inspection.ts'
import { identityRefusalMessage } from '../../report/words/outcome/identity-refusal.ts'
import { failedChecks, outcomeOf, refusedOutcome } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { readCluster, refuseUnfitService } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { refuseLost } from '../session/lost-release.ts'
import { checkRelease, refuseCanary } from '../start/canary-checks.ts'
import { identifyAsked } from '../start/identify-asked.ts'
import type { Startable } from '../start/preparation.ts'

/**
 * inspect asks every check about the release that a rollout would start, and lets `show` make lines of it, which may
 * add findings of its own. It writes nothing.
 */
export async function inspect(
  command: CommandSession,
  show: (view: ClusterView, identity: Startable, findings: Finding[]) => Promise<string[]>,
): Promise<Outcome> {
  const { request, context, recorder, session } = command
  const view = await readCluster(command, context.signal)
  const lost = refuseLost(command, view)
  if (lost) return lost
  const state = view.found?.state ?? null
  const unfit = inFlight(state) ? null : refuseUnfitService(command, view)
  if (unfit) return unfit
  const impossible = refuseCanary(command, view)
  if (impossible) return impossible
  const identity = identifyAsked(request, view)
  if (identity.kind === 'refused')
    return refusedOutcome(request, state, identity.reason, identityRefusalMessage(identity.refusal))
  if (identity.kind === 'already' || identity.kind === 'resume') {
    const message =
      identity.kind === 'already'
        ? servesEverythingMessage(request.service, identity.version)
        : wouldResumeMessage(identity.state)
    return outcomeOf(request, state, { result: 'ok', reason: 'inspected', message })
  }
  if (request.prometheus) await session.metrics.probe(context.signal)
  const findings = await checkRelease(command, view, identity, context.signal)
  for (const finding of findings) recorder.record({ type: 'finding', finding })
  const details = (await show(view, identity, findings)).join('\n')
  const outcome =
    failedChecks(request, state, findings) ??
    outcomeOf(request, state, { result: 'ok', reason: 'inspected', message: readyMessage })
  return { ...outcome, details }
}
