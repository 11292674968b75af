import { defineCommand } from '../command.ts'
import { askHolder } from './holder-request.ts'

/** pauseCommand holds the release in flight at its weight. */
export const pauseCommand = defineCommand('pause', (command) =>
  askHolder(command, { name: 'pause', holds: ({ phase }) => phase === 'paused' }),
)
