/** Every way in which something can go wrong, as a closed list: callers switch on it. */
const failureCodes = [
  // what the user gave us
  'invalid-input',
  'invalid-config',
  // what the outside answered
  'unreachable',
  'timeout',
  'unauthorized',
  'forbidden',
  'not-found',
  'kind-not-served',
  'already-exists',
  'conflict',
  'rejected',
  'too-large',
  'server-error',
  'bad-answer',
  'bad-query',
  'incomplete',
  'bad-certificate',
  // what we decided
  'refused',
  'superseded',
  'state-lost',
  'aborted',
  'internal',
] as const

export type FailureCode = (typeof failureCodes)[number]

/**
 * Failure is an error that a person can act on: a code from a closed list, a sentence that says what happened
 * and what to do, and the cause. `details` holds plain, already harmless facts (field, value, allowed …).
 */
export class Failure extends Error {
  readonly code: FailureCode
  readonly details: Readonly<Record<string, string | number | boolean | null>>

  constructor(
    code: FailureCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, string | number | boolean | null> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Failure'
    this.code = code
    this.details = options.details ?? {}
  }
}

/** isFailure tells whether `error` is a Failure, and, where codes are given, one of them. */
export function isFailure(error: unknown, ...codes: FailureCode[]): error is Failure {
  return error instanceof Failure && (codes.length === 0 || codes.includes(error.code))
}

/** sentenceOf gives one line about any thrown value. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Error) return error.message
  return String(error)
}
