import { problemText } from '../routing/problem.ts'
import type { Check } from './check.ts'

/** Reported by other checks, with a remedy of their own. */
const reportedElsewhere = new Set(['SG-selector-pins-version'])

/** conflicts asks whether routes, destinations and pods contradict each other; analyzer codes where they exist. */
export const conflicts: Check = {
  id: 'conflicts',
  question: 'Do routes, subsets and pods fit together?',
  find({ planner, routing, routes, workloads, pair }) {
    const known = new Set([...routes.problems, ...routes.warnings].map((problem) => problemText(problem)))
    return planner
      .conflicts(routing, pair, workloads)
      .filter(({ code }) => !reportedElsewhere.has(code))
      .filter((problem) => !known.has(problemText(problem)))
      .map((problem) => ({ level: 'warning', text: problemText(problem), remedy: problem.remedy }))
  },
}
