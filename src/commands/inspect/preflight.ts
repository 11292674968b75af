import { defineCommand } from '../command.ts'
import { findingLine, inspect } from './inspection.ts'

/** preflight asks every check and shows the answers. It writes nothing. */
export const preflight = defineCommand('preflight', (command) =>
  inspect(command, async (_view, _identity, findings) => findings.map(findingLine)),
)
