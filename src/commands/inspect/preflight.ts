import { defineCommand } from '../command.ts'
import { findingLine, inspect } from './inspection.ts'

/** preflightCommand asks every check and shows the answers. It writes nothing. */
export const preflightCommand = defineCommand('preflight', (command) =>
  inspect(command, async (_view, _identity, findings) => findings.map(findingLine)),
)
