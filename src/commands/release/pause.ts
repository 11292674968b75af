import { defineCommand } from '../command.ts'
import { askHolder } from './holder-request.ts'

/** pause holds the release in flight at its weight. */
export const pause = defineCommand('pause', (command) =>
  askHolder(command, { name: 'pause', holds: ({ phase }) => phase === 'paused' }),
)
