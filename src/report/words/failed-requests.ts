import type { FailureKind, FailureSpread } from '../../release/evidence/failed-requests.ts'
import { failureRate, formatCount, formatPercent, plural } from '../../release/text/figures.ts'
import { answerName } from './answers.ts'

/** failureAnswer says what a kind of failed request was answered: `503 UF`, `gRPC 14`, `no answer UT`. Outside text: escape it. */
export function failureAnswer({ code, grpcStatus, flags }: FailureKind): string {
  const http = code === '0' ? answerName('none') : code
  const answer = grpcStatus !== null && !/^(5|0$)/.test(code) ? `gRPC ${grpcStatus}` : http
  return flags === null ? answer : `${answer} ${flags}`
}

/** failureSpreadSentence says whether the canary's failures are the version's or a place's. Outside text: escape it. */
export function failureSpreadSentence(
  spread: FailureSpread,
  what: 'failures' | 'slow requests' = 'failures',
): string {
  if (spread.kind === 'everywhere') {
    const does = what === 'failures' ? 'fails' : 'is slow'
    return `Each of the canary's ${plural(spread.pods, 'pod')} ${does} more than stable by itself: it is the version, not one pod or node.`
  }
  const { kind, name, inside, others } = spread
  const rate = (counts: typeof inside) =>
    `${formatPercent(failureRate(counts) ?? 0)} of ${plural(counts.total, 'request')} ${what === 'failures' ? 'failed' : 'were slow'}`
  const where = kind === 'pod' ? `on the pod ${name}` : `on the ${kind} ${name}, of every version there`
  return `The ${what} lie ${where}: ${rate(inside)} there, ${rate(others)} on the canary's other pods, which is like stable. It may be the ${kind}, and not the version.`
}

/** failureKindText says a kind of failed request in one line: `503 UF GetCart, from web: 123`. Outside text: escape it. */
export function failureKindText(kind: FailureKind): string {
  const route = kind.route === null ? '' : ` ${kind.route}`
  const caller = kind.caller === null ? '' : `, from ${kind.caller}`
  return `${failureAnswer(kind)}${route}${caller}: ${formatCount(kind.count)}`
}
