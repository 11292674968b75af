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
 * createCommands gives the commands to a way in, which says how adapters are opened. They never throw for what the
 * outside does. The record is in `reportDir`; comment and reports follow the outcome and never change it.
 */
export function createCommands(openAdapters: OpenAdapters): Commands {
  const inside = (context: RunContext): CommandContext => ({
    ...context,
    openAdapters: (request) => openAdapters(request, context),
  })
  return {
    runCommand: (request, context) =>
      withSession(request, inside(context), (command) =>
        registry[request.command].run(command),
      ) as Promise<Outcome>,
    runPost: (request, context) => withSession(request, inside(context), post),
  }
}

async function withSession(
  request: Request,
  context: CommandContext,
  act: (command: CommandSession) => Promise<Outcome | null>,
): Promise<Outcome | null> {
  let command: CommandSession
  try {
    command = await openCommandSession(request, context)
  } catch (error) {
    return failedOutcome(request, null, error)
  }
  try {
    const outcome = await act(command).catch((error) =>
      failedOutcome(request, command.session.held?.state ?? null, error),
    )
    return outcome === null ? null : await report(command, outcome)
  } finally {
    command.adapters.close()
  }
}

async function report(command: CommandSession, outcome: Outcome): Promise<Outcome> {
  const { request, context, recorder, reporting } = command
  recorder.record({ type: 'outcome', outcome })
  if (!commandTraits[request.command].reports) return outcome
  const time = context.signal.aborted && context.hasPost ? cancelledCommentTime : commentTime
  const commentUrl = await reporting.writeComment(time)
  const report = reporting.writeFiles(outcome)
  return { ...outcome, report, commentUrl }
}
