import { defineCommand } from '../command.ts'
import { endInFlight } from './rollback-paths/end-in-flight.ts'

/** abortCommand ends the release in flight with everything on stable. */
export const abortCommand = defineCommand('abort', (command) => endInFlight(command))
