import { defineCommand } from '../command.ts'
import { askHolder } from './holder-request.ts'

/** promoteCommand gives the release in flight all of the traffic, without waiting for a verdict. */
export const promoteCommand = defineCommand('promote', (command) =>
  askHolder(command, { name: 'promote', holds: ({ phase }) => phase === 'promoted' }),
)
