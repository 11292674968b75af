import { problemText } from '../routing/problem.ts'
import { planRelease } from '../routing/release-plan.ts'
import type { Check } from './check.ts'

/** releasePlan asks whether every change of the release can be planned, and would be valid, before the first is written. */
export const releasePlan: Check = {
  id: 'release-plan',
  question: 'Can every step, and the rollback from it, be written?',
  find({ planner, routing, routes, pair, releaseRoutes }) {
    // What stands in the way of reading the routes at all is reported by another check.
    if (routes.problems.length > 0) return []
    const known = new Set(routes.warnings.map(({ text }) => text))
    return planRelease(planner, routing, pair, releaseRoutes).flatMap(({ change, words, plan }) => {
      const level = plan.ok ? ('warning' as const) : ('error' as const)
      const problems = plan.ok ? (change.kind === 'put-back' ? [] : plan.warnings) : plan.problems
      const fresh = problems.filter(({ text }) => !plan.ok || !known.has(text))
      for (const { text } of fresh) known.add(text)
      return fresh.map((problem) => ({ level, text: problemText(problem, words), remedy: problem.remedy }))
    })
  },
}
