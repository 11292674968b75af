import { sentenceOf } from '../../../release/failure.ts'
import type { Outcome } from '../../../release/outcome/outcome.ts'
import type { ReleaseState } from '../../../release/state/state.ts'
import { commentMarker, renderComment } from '../../../report/markdown/comment.ts'
import type { CommandSession } from '../../session/command-session.ts'
import { recordExistingRelease, recordFoundSteps } from '../../session/record-header.ts'
import { createRecorder } from '../../session/recorder.ts'

/** Time (ms) that the comment of another release may take. */
const commentTime = 15_000
/** Clocks of two machines differ by less (ms). */
const clockSkew = 600_000

/**
 * commentSuperseded brings the pull request comment of a release up to date whose process is gone: how this run ended it.
 * The comment is found by the release's marker, on whichever pull request it is. What fails in it is one warning.
 */
export async function commentSuperseded(
  older: CommandSession,
  state: ReleaseState,
  outcome: Outcome,
): Promise<void> {
  const { request, adapters, recorder: ours } = older
  const { forge, clock, cluster } = adapters
  if (!request.comment || forge === null) return
  const recorder = createRecorder(null, clock, () => {})
  // Whoever may edit the annotation can have written the holder.
  const runUrl = /^(https:\/\/[\w.:/-]+)\/attempts\/\d+#/.exec(state.holder)?.[1] ?? null
  const reported = { ...older, recorder, request: { ...request, runUrl } }
  recordExistingRelease(reported, state)
  recordFoundSteps(reported, state)
  recorder.record({ type: 'outcome', outcome })
  const { namespace, service } = request
  const marker = commentMarker({ namespace, service, cluster: cluster.name }, state.id)
  const body = renderComment(recorder.events, { now: clock.now(), runUrl, marker })
  const signal = AbortSignal.timeout(commentTime)
  try {
    const number = await forge.findCommented(marker, state.startedAt - clockSkew, signal)
    if (number !== null) await forge.upsertComment(number, marker, body, signal)
  } catch (error) {
    ours.record({ type: 'warning', code: 'comment', details: { error: sentenceOf(error) } })
  }
}
