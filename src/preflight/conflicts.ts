import { findConflicts as conflictsIn } from '../routing/istio/routing.ts'
import type { Check } from './check.ts'

/** Said by other checks, with a remedy of their own. */
const saidElsewhere = new Set(['SG-selector-pins-version'])

/** conflicts asks whether routes, subsets and pods contradict each other; Istio's own analyzer codes where they exist. */
export const conflicts: Check = {
  id: 'conflicts',
  question: 'Do routes, subsets and pods fit together?',
  find({ routing, routeModel: understanding, workloads, pair }) {
    const known = new Set(
      [...understanding.problems, ...understanding.warnings].map(({ code, object, text }) =>
        [code, object, text].join('\n'),
      ),
    )
    return conflictsIn(routing, pair, workloads)
      .filter(({ code }) => !saidElsewhere.has(code))
      .filter(({ code, object, text }) => !known.has([code, object, text].join('\n')))
      .map(({ code, object, text, remedy }) => ({
        level: 'warning',
        text: `${code}${object ? ` ${object}` : ''}: ${text}`,
        remedy,
      }))
  },
}
