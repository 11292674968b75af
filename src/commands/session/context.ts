import type { Outcome } from '../../release/outcome/outcome.ts'
import type { RecordEvent } from '../../release/record/record.ts'
import type { Request } from '../../release/request.ts'
import type { Adapters } from './adapters.ts'

/** RunContext is what the way in tells of a run beside its request. */
export interface RunContext {
  env: Readonly<Record<string, string | undefined>>
  /** Aborts when the run is cancelled. */
  signal: AbortSignal
  /** random gives a number from 0 up to, not including, 1. */
  random(): number
  /** onEvent hears of every event after it was appended to the record. */
  onEvent(event: RecordEvent): void
  /** mask keeps a secret that was found on the way out of every later line of the log. */
  mask(secret: string): void
  userAgent: string
  /** true: a `post` step follows and does what `on-cancel` says; false: the command does it before it ends. */
  hasPost: boolean
}

/** CommandContext is what a command works with beside its request. */
export interface CommandContext extends RunContext {
  /** openAdapters opens the ways to the outside that the request needs. It throws Failure. */
  openAdapters(request: Request): Promise<Adapters>
}

/** Commands are the two ways in: what the run was asked for, and what is left to do after it was interrupted. */
export interface Commands {
  runCommand(request: Request, context: RunContext): Promise<Outcome>
  /** runPost puts traffic back if this run still holds a release; null: there was nothing to do. */
  runPost(request: Request, context: RunContext): Promise<Outcome | null>
}
