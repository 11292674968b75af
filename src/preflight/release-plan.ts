import { type Problem, planRelease } from '../routing/istio/routing.ts'
import type { Check } from './check.ts'

/** releasePlan asks whether every change of the release can be planned, and would be valid, before the first is written. */
export const releasePlan: Check = {
  id: 'way',
  question: 'Can every step, and the way back from it, be written?',
  find({ routing, routeModel: understanding, pair, releasePlan: wish }) {
    // What stands in the way of understanding the routes at all was said already.
    if (understanding.problems.length > 0) return []
    const stages = planRelease(routing, pair, wish)
    const known = new Set(understanding.warnings.map(({ text }) => text))
    const found: ReturnType<Check['find']> = []
    for (const { name, words, plan } of stages) {
      if (!plan.ok) found.push(...plan.problems.map((problem) => line('error', words, problem)))
      else if (name !== 'rollback') {
        for (const warning of plan.warnings) {
          if (known.has(warning.text)) continue
          known.add(warning.text)
          found.push(line('warning', words, warning))
        }
      }
    }
    return found
  },
}

function line(level: 'error' | 'warning', words: string, { code, object, text, remedy }: Problem) {
  return { level, text: `${code}${object ? ` ${object}` : ''} (${words}): ${text}`, remedy }
}
