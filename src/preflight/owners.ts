import { problemText } from '../routing/problem.ts'
import type { Check } from './check.ts'

/** owners asks who else writes the objects of the release: another controller would fight over every weight. */
export const owners: Check = {
  id: 'owners',
  question: 'Does nobody else write the routes?',
  find({ planner, routing, pair, controllers, stable, canary }) {
    const workloads = [...(stable === null ? [] : [stable.workload]), canary.workload]
    return planner.owners(routing, pair, controllers, workloads).map(({ level, problem }) => ({
      level,
      text: problemText(problem),
      remedy: problem.remedy,
    }))
  },
}
