import type { RecordEvent } from '../../release/record/record.ts'
import { recordSchema } from '../../release/record/record.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import { foundStepText } from '../../report/words/steps.ts'
import type { ReleaseStart } from '../../rollout/start/release-start.ts'
import { releaseId } from '../../rollout/start/release-start.ts'
import type { CommandSession } from './command-session.ts'

type ReleaseHeader = Pick<
  Extract<RecordEvent, { type: 'release' }>,
  'id' | 'stable' | 'canary' | 'resumed' | 'startedAt'
>

/** recordExistingRelease begins the record of work on a release that exists already. */
export function recordExistingRelease(command: CommandSession, state: ReleaseState): void {
  recordHeader(command, {
    id: state.id,
    stable: (takeoverOf(state)?.stable ?? state.stable)?.version ?? null,
    canary: state.canary.version,
    resumed: true,
    startedAt: new Date(state.startedAt).toISOString(),
  })
}

/** recordNewRelease begins the record of a new release. */
export function recordNewRelease(command: CommandSession, start: ReleaseStart): void {
  recordHeader(command, {
    id: releaseId(command.request.service, start.canary.version, command.request.runId),
    stable: start.stable?.version ?? null,
    canary: start.canary.version,
    resumed: false,
    startedAt: new Date(command.adapters.clock.now()).toISOString(),
  })
}

function recordHeader({ request, recorder, adapters }: CommandSession, head: ReleaseHeader): void {
  recorder.record({
    type: 'release',
    schema: recordSchema,
    command: request.command,
    cluster: adapters.cluster.name,
    namespace: request.namespace,
    service: request.service,
    settings: request.settings,
    runUrl: request.runUrl,
    ...head,
  })
}

/** recordFoundSteps records what a predecessor decided, as far as the annotation tells it. */
export function recordFoundSteps({ recorder }: CommandSession, state: ReleaseState): void {
  state.stepStates.forEach((entry, step) => {
    recorder.record({
      type: 'step',
      step,
      weight: entry.weight,
      margin: entry.margin,
      outOfReach: entry.outOfReach,
      requestsNeeded: null,
      secondsNeeded: null,
    })
    if (entry.timerStart !== null && entry.actualShare !== null) {
      const clockStart = new Date(entry.timerStart).toISOString()
      recorder.record({
        type: 'settled',
        step,
        weight: entry.weight,
        seen: entry.actualShare,
        canary: null,
        total: null,
        clockStart,
        t: (entry.timerStart - state.startedAt) / 1000,
      })
    }
    if (entry.end) {
      const verdict = entry.end.verdict as 'pass'
      recorder.record({ type: 'step-end', step, verdict, reason: entry.end.reason, text: foundStepText })
    }
  })
}
