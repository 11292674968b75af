import type { Outcome } from '../release/outcome.ts'
import type { Request } from '../release/request.ts'
import type { CommandContext } from './context.ts'
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
 * runCommand does what a request asks and gives its outcome; it never throws for what the outside does. The record
 * is in `reportDir`; comment and reports follow the outcome and never change it.
 */
export async function runCommand(request: Request, context: CommandContext): Promise<Outcome> {
  return inWorkplace(request, context, (work) => commands[request.command](work)) as Promise<Outcome>
}

/** runPost puts right what a cancelled run left behind; null where there was nothing to do. */
export async function runPost(request: Request, context: CommandContext): Promise<Outcome | null> {
  return inWorkplace(request, context, afterCancel)
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
  const commentUrl = await withinTime(publication.comment(AbortSignal.timeout(time)), time)
  const report = publication.files(outcome)
  return { ...outcome, report, commentUrl }
}

async function withinTime(work: Promise<string | null>, ms: number): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
