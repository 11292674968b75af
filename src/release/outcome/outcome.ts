import type { VerdictKind } from '../verdict.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { type ReasonCode, reasonOf } from './reasons.ts'

export type Result =
  | 'promoted'
  | 'initialized'
  | 'already-promoted'
  | 'rolled-back'
  | 'paused'
  | 'in-progress'
  | 'refused'
  | 'unsafe'
  | 'ok'

/** Outcome is how one run ended, for outputs, `--json`, the log's last line. */
export interface Outcome {
  schema: 1
  command: string
  result: Result
  reasonCode: ReasonCode
  exitCode: ExitCode
  /** One sentence: what holds now, why, and what to do next where a person must act. */
  message: string
  releaseId: string | null
  namespace: string
  service: string
  stableVersion: string | null
  canaryVersion: string | null
  /** The canary's share in percent that the routes ask for now; null where unknown. */
  weight: number | null
  /** ISO time at which the next turn of step mode has something to do; null where no turn is to come. */
  nextCheckAt: string | null
  /** Path of the Markdown report; null where none was written. */
  report: string | null
  commentUrl: string | null
  /** What was asked to be shown (a plan, a status), as plain text of several lines. */
  details?: string
}

/**
 * exitCodeOf gives the exit code of a run by how it ended and why. `requested`: the run was asked for exactly that
 * (`pause` that paused, `abort` that put traffic back).
 */
export function exitCodeOf(result: Result, code: ReasonCode, requested = false): ExitCode {
  const { done, rolledBack, badInput, refused, unproven, unsafe } = exitCodes
  const own = reasonOf(code).exitCode
  switch (result) {
    case 'promoted':
    case 'initialized':
    case 'already-promoted':
    case 'ok':
      return done
    case 'rolled-back':
      if (requested) return done
      return own === done || own === rolledBack ? own : unproven
    case 'paused':
    case 'in-progress':
      return requested || own === done ? done : unproven
    case 'refused':
      return own === badInput ? badInput : refused
    case 'unsafe':
      return unsafe
  }
}

/** exitCodeOfVerdict gives the exit code of a command that only judges. */
export function exitCodeOfVerdict(verdict: VerdictKind): ExitCode {
  if (verdict === 'pass') return exitCodes.done
  return verdict === 'fail' ? exitCodes.rolledBack : exitCodes.unproven
}
