import { defineCommand } from '../command.ts'
import { askHolder } from './holder-request.ts'

/** promote gives the release in flight all of the traffic, without waiting for a verdict. */
export const promote = defineCommand('promote', (command) =>
  askHolder(command, { name: 'promote', holds: ({ phase }) => phase === 'promoted' }),
)
