/**
 * AnswerCounts is how many requests got each answer: an HTTP code (`404`), a gRPC status (`grpc 5`), `none` where no
 * answer was sent, or `other`.
 */
type AnswerCounts = Readonly<Record<string, number>>

/** AnswersBySide is what both versions answered since the release began. */
export interface AnswersBySide {
  canary: AnswerCounts
  stable: AnswerCounts
}

/** UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const failedStatuses = new Set(['2', '4', '8', '12', '13', '14', '15'])

/** answerOf names an answer from the labels that telemetry gives it: no outside text gets through. */
export function answerOf(code: string, grpcStatus: string): string {
  if (code === '0') return 'none'
  if (/^5\d\d$/.test(code)) return code
  if (grpcStatus !== '') return /^\d{1,2}$/.test(grpcStatus) ? `grpc ${grpcStatus}` : 'other'
  return /^\d{3}$/.test(code) ? code : 'other'
}

/** answerFails tells a failed request: 5xx, no answer, and of gRPC the statuses 2, 4, 8 and 12 to 15. */
export function answerFails(answer: string): boolean {
  if (answer === 'none' || /^5\d\d$/.test(answer)) return true
  return answer.startsWith('grpc ') && failedStatuses.has(answer.slice(5))
}
