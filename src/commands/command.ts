import type { Outcome } from '../release/outcome.ts'
import type { Request } from '../release/request.ts'
import type { CommandContext, Commands, RunContext } from './context.ts'
import type { OpenDoors } from './doors.ts'
import { giveOrder } from './orders.ts'
import { failed } from './outcomes.ts'
import { pin } from './pin.ts'
import { plan, preflight } from './plan.ts'
import { publishes } from './publication.ts'
import { afterCancel, reconcile } from './reconcile.ts'
import { abort, rollback } from './rollback.ts'
import { rollout } from './rollout.ts'
import { status } from './status.ts'
import type { Workplace } from './workplace.ts'
import { openWorkplace } from './workplace.ts'

/** Time (ms) that the last comment may take; nothing waits for it longer. */
const commentTime = 30_000
/** The same after a cancel: the runner grants a few seconds. */
const hurriedCommentTime = 1_000

const commands: { [Name in Request['command']]: (work: Workplace) => Promise<Outcome> } = {
  rollout,
  resume: rollout,
  rollback,
  abort: (work) => abort(work).catch((error) => failed(work.request, null, error)),
  pause: (work) => giveOrder(work, 'pause'),
  promote: (work) => giveOrder(work, 'promote'),
  status,
  reconcile,
  preflight,
  plan,
  pin,
}

/**
 * commandsThrough gives the commands to a way in, which says how doors are opened. They never throw for what the
 * outside does. The record is in `reportDir`; comment and reports follow the outcome and never change it.
 */
export function commandsThrough(openDoors: OpenDoors): Commands {
  const inside = (context: RunContext): CommandContext => ({
    ...context,
    openDoors: (request) => openDoors(request, context),
  })
  return {
    runCommand: (request, context) =>
      inWorkplace(request, inside(context), (work) => commands[request.command](work)) as Promise<Outcome>,
    runPost: (request, context) => inWorkplace(request, inside(context), afterCancel),
  }
}

async function inWorkplace(
  request: Request,
  context: CommandContext,
  act: (work: Workplace) => Promise<Outcome | null>,
): Promise<Outcome | null> {
  let work: Workplace
  try {
    work = await openWorkplace(request, context)
  } catch (error) {
    return failed(request, null, error)
  }
  try {
    const outcome = await act(work).catch((error) => failed(request, work.session.held?.state ?? null, error))
    return outcome === null ? null : await publish(work, outcome)
  } finally {
    work.doors.close()
  }
}

async function publish(work: Workplace, outcome: Outcome): Promise<Outcome> {
  const { request, context, recorder, publication } = work
  recorder.record({ type: 'outcome', outcome })
  if (!publishes(request.command)) return outcome
  const time = context.signal.aborted && context.hasPost ? hurriedCommentTime : commentTime
  const commentUrl = await publication.comment(time)
  const report = publication.files(outcome)
  return { ...outcome, report, commentUrl }
}
