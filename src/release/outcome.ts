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

/** Why a release stands where it stands. A closed list: scripts rely on it. */
export const reasonCodes = [
  // ends well
  'all-steps-passed',
  'promoted-without-proof',
  'promoted-by-command',
  'initialized',
  'already-promoted',
  'pinned',
  'shown',
  'nothing-to-do',
  // rolled back on proof (exit 1)
  'worse-than-stable',
  'over-limit',
  'outside-limits',
  'requests-lost',
  'pods-lost',
  'share-exceeded',
  // rolled back or held without proof (exit 4)
  'too-little-evidence',
  'suspicious',
  'no-data',
  'no-traffic',
  'shared-degradation',
  'infrastructure',
  'metrics-outage',
  'bad-data',
  'capacity',
  'cancelled',
  'holder-lost',
  'drift',
  'step-done',
  // asked for
  'rolled-back-by-command',
  'paused-by-command',
  'aborted-by-command',
  // refused (exit 2, 3)
  'bad-input',
  'preflight',
  'locked',
  'other-release',
  'no-previous-version',
  'target-not-ready',
  'unreachable',
  'not-permitted',
  'route-not-editable',
  // a person must act (exit 5)
  'rollback-failed',
  'initial-version-bad',
  'stable-lost',
  'internal',
] as const

export type ReasonCode = (typeof reasonCodes)[number]

/** Exit codes of the command-line contract. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5

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
