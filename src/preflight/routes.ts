import type { Problem } from '../routing/istio/routing.ts'
import type { Check } from './check.ts'

/** routes asks whether every route to the host can be edited, and names what a reader of them should know. */
export const routes: Check = {
  id: 'routes',
  question: 'Can every route to the host be edited safely?',
  find({ routeModel: understanding, routing }) {
    const line = (level: 'error' | 'warning') => (problem: Problem) => ({
      level,
      text: `${problem.code}${problem.object ? ` ${problem.object}` : ''}: ${problem.text}`,
      remedy: problem.remedy,
    })
    const unreadable = routing.unreadable.map((namespace) => ({
      level: 'warning' as const,
      text:
        namespace === '*'
          ? 'Routes in other namespaces can’t be read: one there that sends traffic to this host would keep its weights.'
          : `Routes in namespace ${namespace} can’t be read: one there that sends traffic to this host would keep its weights.`,
      remedy:
        'Allow "list virtualservices, destinationrules" there (ClusterRole in the README), if it can have such routes.',
    }))
    return [
      ...understanding.problems.map(line('error')),
      ...understanding.warnings.map(line('warning')),
      ...unreadable,
    ]
  },
}
