import type { Counts } from '../../release/evidence/counts.ts'
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
    const does = what === 'failures' ? 'fails more often than stable' : 'is slower than stable'
    return `Each of the canary's ${plural(spread.pods, 'pod')} ${does} by itself: it is the version, not one pod or node.`
  }
  const { kind, name, inside, others, stable } = spread
  const does = what === 'failures' ? 'failed' : 'were slow'
  const share = (counts: Counts) => formatPercent(failureRate(counts) ?? 0)
  const there = `${share(inside)} of the canary's ${plural(inside.total, 'request')} ${does} there, ${share(others)} of ${formatCount(others.total)} on its other pods`
  const compared = stable.others.total > 0 ? `, like stable's ${share(stable.others)}` : ''
  const shared =
    stable.inside.total > 0 && kind !== 'pod' ? `; ${share(stable.inside)} of stable's there as well` : ''
  const verdict =
    shared === '' ? `It may be the ${kind}, and not the version.` : `It is the ${kind}, and not the version.`
  return `The ${what} lie on ${kind} ${name}: ${there}${compared}${shared}. ${verdict}`
}

/** placeAdvice says what to do where the failures lie on one place; null where they don't. Outside text: escape it. */
export function placeAdvice(
  spread: FailureSpread | null,
  what: 'failures' | 'slow requests' = 'failures',
): string | null {
  if (spread === null || spread.kind === 'everywhere') return null
  const { kind, name } = spread
  return `Look at ${kind} ${name} first, for the ${what} lie there: once its trouble is gone, release the same version again. If it is the version's after all, fix it and release the fix.`
}

/** failureKindText says a kind of failed request in one line: `503 UF GetCart, from web: 123`. Outside text: escape it. */
export function failureKindText(kind: FailureKind): string {
  const route = kind.route === null ? '' : ` ${kind.route}`
  const caller = kind.caller === null ? '' : `, from ${kind.caller}`
  return `${failureAnswer(kind)}${route}${caller}: ${formatCount(kind.count)}`
}
