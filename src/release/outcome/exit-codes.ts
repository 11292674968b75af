/** exitCodes are the numbers that scripts rely on; they are written nowhere else. */
export const exitCodes = {
  /** The asked end state holds. */
  done: 0,
  /** The canary was rolled back on proof. */
  rolledBack: 1,
  badInput: 2,
  /** Refused before anything was written. */
  refused: 3,
  /** Ended without proof, or interrupted; traffic is in the state that the message names. */
  unproven: 4,
  /** A person must act. */
  unsafe: 5,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** exitCodeMeanings says for people what each exit code means. */
export const exitCodeMeanings: Record<ExitCode, string> = {
  0: 'the asked end state holds: promoted, rolled back on request, paused as asked, already there',
  1: 'the canary was rolled back on proof',
  2: 'bad input or configuration',
  3: 'refused, or nothing could be reached, before anything was written',
  4: 'ended without proof or interrupted; traffic is in the safe state that the message names',
  5: 'traffic is NOT in a safe state: a person must act, the message says what to run',
}
