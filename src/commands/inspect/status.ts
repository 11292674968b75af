import { inFlight } from '../../release/state/state-codec.ts'
import { oneLine } from '../../release/text/plain-text.ts'
import { statusLines, statusMessage } from '../../report/words/inspect/status.ts'
import { readinessOf } from '../../rollout/decision/capacity.ts'
import { defineCommand } from '../command.ts'
import { outcomeOf } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { readCluster } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { refuseLost } from '../session/lost-release.ts'

/** statusCommand shows what is in flight, at which weight, and why. It writes nothing. */
export const statusCommand = defineCommand('status', async (command) => {
  const { request, context, adapters } = command
  const view = await readCluster(command, context.signal)
  const state = view.found?.state ?? null
  const lost = lostHeadline(command, view)
  const outcome = outcomeOf(request, state, {
    result: inFlight(state) ? (state.phase === 'paused' ? 'paused' : 'in-progress') : 'ok',
    reason: 'inspected',
    message: lost ?? statusMessage(request.service, state),
  })
  return {
    ...outcome,
    details: statusLines({
      serving: view.routes.serving,
      pods: podsOf(view),
      state,
      lease: view.lease,
      now: adapters.clock.now(),
    })
      .map((line) => oneLine(line, 1000))
      .join('\n'),
  }
})

/** What stands in the way of anything that goes on, with the way out; null where nothing does. */
function lostHeadline(command: CommandSession, view: ClusterView): string | null {
  const refusal = refuseLost(command, view)
  return refusal === null ? null : refusal.message
}

function podsOf({ workloads }: ClusterView) {
  const versions = [...new Set(workloads.workloads.map(({ version }) => version))]
  return versions.map((version) => ({ version, ...readinessOf(workloads, version) }))
}
