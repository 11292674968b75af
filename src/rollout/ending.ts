import type { ExitCode, ReasonCode, Result } from '../release/outcome.ts'
import type { Verdict } from '../release/verdict.ts'

/** Ending is how a process's work on a release ended. */
export interface Ending {
  result: Result
  reason: ReasonCode
  exitCode: ExitCode
  /** What led to it, in words; empty where the reason says it all. */
  text: string
  verdict: Verdict | null
}

const proofs: readonly ReasonCode[] = [
  'worse-than-stable',
  'over-limit',
  'outside-limits',
  'requests-lost',
  'pods-lost',
  'share-exceeded',
]

/** rollBackExit gives the exit code of a rollback by its reason: 1 on proof, else 4. */
export function rollBackExit(reason: ReasonCode): ExitCode {
  return proofs.includes(reason) ? 1 : 4
}

/** ending makes an Ending of a release that this process drove. */
export function ending(
  result: Result,
  reason: ReasonCode,
  text: string,
  verdict: Verdict | null = null,
): Ending {
  return { result, reason, exitCode: exitCodeOf(result, reason), text, verdict }
}

function exitCodeOf(result: Result, reason: ReasonCode): ExitCode {
  switch (result) {
    case 'promoted':
    case 'initialized':
    case 'already-promoted':
    case 'ok':
    case 'in-progress':
      return 0
    case 'rolled-back':
      return rollBackExit(reason)
    case 'paused':
      return 4
    case 'refused':
      return reason === 'bad-input' ? 2 : 3
    case 'unsafe':
      return 5
  }
}
