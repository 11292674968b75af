import type { CommandName, CommandTraits } from '../release/commands.ts'
import { commandTraits } from '../release/commands.ts'
import type { Outcome } from '../release/outcome/outcome.ts'
import type { CommandSession } from './session/command-session.ts'

/** ClusterCommand is one command that works on a cluster: its name, its traits, and what it does. */
export interface ClusterCommand<Name extends CommandName = CommandName> extends CommandTraits {
  name: Name
  /** run does what the session's request asks for. Whatever it throws becomes a refusal of the run. */
  run(session: CommandSession): Promise<Outcome>
}

/** defineCommand joins what a command does to its traits. */
export function defineCommand<Name extends CommandName>(
  name: Name,
  run: (session: CommandSession) => Promise<Outcome>,
): ClusterCommand<Name> {
  return { name, ...commandTraits[name], run }
}
