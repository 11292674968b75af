import { defineCommand } from '../command.ts'
import { endInFlight } from './end-in-flight.ts'

/** abort ends the release in flight with everything on stable. */
export const abort = defineCommand('abort', endInFlight)
