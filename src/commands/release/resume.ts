import { inFlight } from '../../release/state/state-codec.ts'
import { identityRefusalMessage } from '../../report/words/outcome/identity-refusal.ts'
import { noReleaseMessage } from '../../report/words/outcome/in-flight.ts'
import { identify } from '../../rollout/lifecycle/identity.ts'
import type { FoundState } from '../../rollout/session.ts'
import { defineCommand } from '../command.ts'
import { olderReleaseOutcome, refusedOutcome } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import type { Choice } from '../start/preparation.ts'
import { differentGates, prepare } from '../start/preparation.ts'
import { givingLeaseBack, resumeRelease } from './in-flight.ts'

/** resumeCommand goes on with the release in flight, also one that was paused by command. */
export const resumeCommand = defineCommand('resume', async (command) => {
  const prepared = await prepare(command, async (view) => choose(command, view))
  if (prepared.kind === 'end') return prepared.outcome
  return givingLeaseBack(command, () => resumeRelease(command, prepared.chosen))
})

/** A release that has ended is not gone on with: what was rolled back must be released anew, on purpose. */
function choose({ request, ...command }: CommandSession, view: ClusterView): Choice<FoundState> {
  const { found } = view
  const end = (outcome: ReturnType<typeof refusedOutcome>) => ({ kind: 'end', outcome }) as const
  if (!found || !inFlight(found.state)) {
    const message = noReleaseMessage(request, 'no-resume')
    return end(refusedOutcome(request, found?.state ?? null, 'nothing-to-do', message))
  }
  if (found.state.begunUnder !== undefined) return end(olderReleaseOutcome(request, found.state))
  const version = request.version ?? found.state.canary.version
  const asked = { version, stableVersion: request.stableVersion }
  const identity = identify(asked, found.state, view.routes, view.workloads, view.hosts)
  if (identity.kind === 'refused') {
    return end(
      refusedOutcome(request, found.state, identity.reason, identityRefusalMessage(identity.refusal)),
    )
  }
  const different = differentGates({ request, ...command }, found.state)
  return different === null ? { kind: 'go', chosen: found } : end(different)
}
