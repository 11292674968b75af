import type { ExitCode, ReasonCode } from './reasons.ts'

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
  /** Path of the Markdown report; null where none was written. */
  report: string | null
  commentUrl: string | null
  /** What was asked to be shown (a plan, a status), as plain text of several lines. */
  details?: string
}
