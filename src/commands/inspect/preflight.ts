import { findingLine } from '../../report/words/inspect/inspection.ts'
import { defineCommand } from '../command.ts'
import { inspect } from './inspection.ts'

/** preflightCommand asks every check and shows the answers. It writes nothing. */
export const preflightCommand = defineCommand('preflight', (command) =>
  inspect(command, async (_view, _identity, findings) => findings.map(findingLine)),
)
