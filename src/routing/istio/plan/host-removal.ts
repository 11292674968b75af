import { refText } from '../../../release/kubernetes.ts'
import { type Problem, problem } from '../../problem.ts'
import type { Pair } from '../model/pair.ts'
import { primaryOf } from '../model/primary.ts'
import { refOf, ruleText } from '../model/rule.ts'
import { entriesOn, pairRoutes } from '../model/sides.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { addEdit, type Edits, toWrites } from './edits.ts'
import { type Plan, refusal } from './plan.ts'
import { routeEdit } from './route-edit.ts'

/** planHostRemoval takes the canary's Service out of every route, where it has no weight and is not the only destination. */
export function planHostRemoval(snapshot: RoutingSnapshot, pair: Pair): Plan {
  const edits: Edits = new Map()
  const problems: Problem[] = []
  const routes = pairRoutes(snapshot, pair)
  for (const route of routes) {
    const entries = entriesOn(route, 'canary')
    if (entries.length === 0) continue
    if (entries.some((index) => (route.weights[index] ?? 0) > 0) || entries.length === route.entries.length) {
      problems.push(
        problem(
          'SG-destination-in-use',
          refText(refOf(route.object)),
          `Its ${ruleText(route.rule)} still sends traffic to ${pair.canary.host ?? pair.canary.subset}.`,
        ),
      )
      continue
    }
    const slots = route.entries.map((from) => ({
      from,
      body: from.body,
      weight: null,
      removed: entries.includes(from.index),
    }))
    addEdit(
      edits,
      route.object,
      routeEdit(`${route.rule.pointer}/route`, slots),
      `${pair.canary.subset} taken out of the routes`,
    )
  }
  return problems.length > 0
    ? refusal(...problems)
    : { ok: true, writes: toWrites(edits, primaryOf(routes, pair)), warnings: [] }
}
