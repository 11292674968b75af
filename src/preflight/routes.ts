import type { Problem } from '../routing/problem.ts'
import { problemText } from '../routing/problem.ts'
import type { Check } from './check.ts'

/** routes asks whether every route to the host can be edited, and names what a reader of them should know. */
export const routes: Check = {
  id: 'routes',
  question: 'Can every route to the host be edited safely?',
  find({ routes: { problems, warnings } }) {
    const finding = (level: 'error' | 'warning') => (problem: Problem) => ({
      level,
      text: problemText(problem),
      remedy: problem.remedy,
    })
    return [...problems.map(finding('error')), ...warnings.map(finding('warning'))]
  },
}
