import type { RecordEvent } from '../../release/record/record.ts'
import { failureRate, formatCount, formatPercent } from '../../release/text/figures.ts'
import type { Verdict } from '../../release/verdict.ts'

/** GateView is how a gate, or a route of it, stood at last in a step. */
export type GateView = Extract<RecordEvent, { type: 'gate' }>

/** gateViews gives the last answer of every gate and route in each step, in the order of the record. */
export function gateViews(record: readonly RecordEvent[]): GateView[] {
  const latest = new Map<string, GateView>()
  for (const event of record) {
    if (event.type === 'gate') latest.set(JSON.stringify([event.step, event.gate, event.route]), event)
  }
  return [...latest.values()].sort((a, b) => a.step - b.step)
}

/** gateName names a gate and its route. Outside text: escape it. */
export function gateName({ gate, route }: Pick<GateView, 'gate' | 'route'>): string {
  return route === null ? gate : `${gate}, ${route}`
}

/** gateFigure says how many of a side's events were bad since the release began; null where none are counted. */
export function gateFigure(view: GateView, side: 'canary' | 'stable'): string | null {
  const counts = view.verdict.numbers[side]
  const rate = failureRate(counts)
  return rate === null
    ? null
    : `${formatPercent(rate)} (${formatCount(counts.bad)} of ${formatCount(counts.total)})`
}

/** gateTimes says the quantiles of both sides, for information; null where there are none. */
export function gateTimes({ quantiles }: GateView): string | null {
  if (quantiles === undefined) return null
  const of = (times: readonly number[] | null) =>
    times === null ? '–' : times.map((ms) => String(Number(ms.toPrecision(2)))).join(', ')
  return `${of(quantiles.canary)} ms; stable ${of(quantiles.stable)} ms`
}

const answers: Record<Verdict['verdict'], string> = {
  pass: '✅ passes',
  fail: '❌ fails',
  hold: '⏸️ holds',
  continue: '🔄 open',
  inconclusive: '❔ inconclusive',
}

/** gateAnswer says a gate's own answer in a word. */
export function gateAnswer({ verdict, mode, route }: GateView): string {
  // Most routes are too quiet to prove anything, and need not: not failing is all that is asked of them.
  const word = route !== null && verdict.verdict !== 'fail' ? '✅ not worse so far' : answers[verdict.verdict]
  return mode === 'observe' ? `${word} (observes only)` : word
}

/** decidingGate gives the gate that failed the last step; null where it was the total of failed requests, or nothing failed. */
export function decidingGate(
  steps: readonly { latest: Verdict | null; gates: readonly GateView[] }[],
): GateView | null {
  const { latest = null, gates = [] } = steps.at(-1) ?? {}
  if (latest?.verdict !== 'fail' || latest.gate === undefined) return null
  const { gate, route = null } = latest
  return gates.find((each) => each.gate === gate && each.route === route && each.kind !== 'errors') ?? null
}

/** namedWords says what the gate that decided showed; null where it was the total of failed requests. */
export function namedWords(verdict: Verdict, gates: readonly GateView[]): string | null {
  if (verdict.gate === undefined) return null
  const route = verdict.route ?? null
  const view = gates.find((each) => each.gate === verdict.gate && each.route === route)
  const name = `gate ${gateName({ gate: verdict.gate, route })}`
  const { canary, stable } = verdict.numbers
  if (canary.total + stable.total === 0) return `${name}: ${verdict.detail ?? verdict.reason}`
  const figure = (side: 'canary' | 'stable') => {
    const rate = failureRate(verdict.numbers[side])
    return rate === null ? 'unknown' : formatPercent(rate)
  }
  return `${name}: ${figure('canary')} of the canary's requests ${view?.bad ?? 'are bad'}, ${figure('stable')} of stable's`
}
