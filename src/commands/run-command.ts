import { commandTraits } from '../release/commands.ts'
import type { Outcome } from '../release/outcome/outcome.ts'
import type { Request } from '../release/request.ts'
import { failedOutcome } from './outcomes.ts'
import { registry } from './registry.ts'
import { post } from './release/post.ts'
import type { OpenAdapters } from './session/adapters.ts'
import type { CommandSession } from './session/command-session.ts'
import { openCommandSession } from './session/command-session.ts'
import type { CommandContext, Commands, RunContext } from './session/context.ts'

/** Time (ms) that the last comment may take; nothing waits for it longer. */
const commentTime = 30_000
/** The same after a cancel: the runner grants a few seconds. */
const cancelledCommentTime = 1_000

/**
 * createCommands gives the commands to a way in, which says how doors are opened. They never throw for what the
 * outside does. The record is in `reportDir`; comment and reports follow the outcome and never change it.
 */
export function createCommands(openDoors: OpenAdapters): Commands {
  const inside = (context: RunContext): CommandContext => ({
    ...context,
    openAdapters: (request) => openDoors(request, context),
  })
  return {
    runCommand: (request, context) =>
      withSession(request, inside(context), (work) =>
        registry[request.command].run(work),
      ) as Promise<Outcome>,
    runPost: (request, context) => withSession(request, inside(context), post),
  }
}

async function withSession(
  request: Request,
  context: CommandContext,
  act: (work: CommandSession) => Promise<Outcome | null>,
): Promise<Outcome | null> {
  let work: CommandSession
  try {
    work = await openCommandSession(request, context)
  } catch (error) {
    return failedOutcome(request, null, error)
  }
  try {
    const outcome = await act(work).catch((error) =>
      failedOutcome(request, work.session.held?.state ?? null, error),
    )
    return outcome === null ? null : await report(work, outcome)
  } finally {
    work.adapters.close()
  }
}

async function report(work: CommandSession, outcome: Outcome): Promise<Outcome> {
  const { request, context, recorder, reporting } = work
  recorder.record({ type: 'outcome', outcome })
  if (!commandTraits[request.command].reports) return outcome
  const time = context.signal.aborted && context.hasPost ? cancelledCommentTime : commentTime
  const commentUrl = await reporting.writeComment(time)
  const report = reporting.writeFiles(outcome)
  return { ...outcome, report, commentUrl }
}
