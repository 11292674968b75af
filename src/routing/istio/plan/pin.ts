import { refText, type ServiceView } from '../../../release/kubernetes.ts'
import { zero } from '../../fraction.ts'
import { type Problem, problem } from '../../problem.ts'
import { missingSubsetProblems } from '../checks/missing-subset.ts'
import { effectiveDestinationRules } from '../model/destination-rule.ts'
import { scopeHost } from '../model/host.ts'
import type { Pair } from '../model/pair.ts'
import { refOf, ruleText } from '../model/rule.ts'
import { pairRoutes } from '../model/sides.ts'
import { virtualServicesFor } from '../model/virtual-service.ts'
import { buildRouteModel } from '../route-model.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { violationsOf } from '../validate/objects.ts'
import { addAnnotationEdits, createWrite, type Edits, toWrites } from './edits.ts'
import { generatedSpec, missingMesh, primaryAfterPin, wildcardOnly } from './generated-route.ts'
import { type AnnotationChanges, type Plan, refusal } from './plan.ts'
import { splitRoutes } from './split-routes.ts'

/** PinOptions widen what a pin does. */
export interface PinOptions {
  /** Subsets of earlier releases of ours: destinations at 0 that name them make room for the canary. */
  ours?: readonly string[]
  /** The Service, so that a generated VirtualService has a route for each TCP port. */
  service?: ServiceView | null
}

/**
 * planPin puts the pair's whole share of every route on stable, with explicit weights and the canary at 0; a
 * destination without a subset gets stable's. Where no mesh VirtualService speaks for the host, one is made.
 */
export function planPin(
  snapshot: RoutingSnapshot,
  pair: Pair,
  annotations: AnnotationChanges = {},
  options: PinOptions = {},
): Plan {
  const blocked = [...buildRouteModel(snapshot, pair).problems, ...wildcardOnly(snapshot, pair)]
  const [first] = blocked
  if (first !== undefined) return refusal(...blocked)
  const mesh = missingMesh(snapshot, pair)
  const created = mesh === null ? [] : [refText(mesh)]
  const edits: Edits = new Map()
  const divided = splitRoutes(
    snapshot,
    pair,
    { share: zero, introduce: true, ours: options.ours ?? [] },
    edits,
    `all of ${pair.service} to ${pair.stable.subset}`,
  )
  const problems = [
    ...divided.problems,
    ...addAnnotationEdits(snapshot, edits, annotations, created),
    ...(mesh === null ? unrouted(snapshot, pair) : missingSubsetProblems(snapshot, pair, 'stable')),
  ]
  if (problems.length > 0) return refusal(...problems)
  const spec = generatedSpec(pair, options.service ?? null)
  const words = `routes of ${pair.service}: all to ${pair.stable.subset}`
  const creations = mesh === null ? [] : [createWrite(snapshot, mesh, spec, annotations, words)]
  const writes = [...toWrites(edits, primaryAfterPin(snapshot, pair)), ...creations]
  const unsound = violationsOf(snapshot, writes)
  if (unsound.length > 0) return refusal(...unsound)
  return {
    ok: true,
    writes,
    warnings: [...divided.warnings, ...(mesh === null ? [] : reasonFor(snapshot, pair, mesh))],
  }
}

/** planHandover pins for the next release: what earlier ones of ours left at 0 makes room for the new canary. */
export function planHandover(
  snapshot: RoutingSnapshot,
  pair: Pair,
  ours: readonly string[],
  annotations: AnnotationChanges = {},
): Plan {
  return planPin(snapshot, pair, annotations, { ours })
}

/** A VirtualService speaks for the host, but nothing of it goes to a version of the pair: where it goes is said. */
function unrouted(snapshot: RoutingSnapshot, pair: Pair): Problem[] {
  const routes = pairRoutes(snapshot, pair)
  if (routes.some(({ split }) => split)) return []
  const { subsets } = effectiveDestinationRules(snapshot, pair)
  const undefinedSubsets = routes.flatMap((route) =>
    route.entries.flatMap(({ index, subset }) =>
      route.onHost[index] !== true || subset === null || subsets.some(({ name }) => name === subset)
        ? []
        : [undefinedSubset(refText(refOf(route.object)), `Its ${ruleText(route.rule)}`, subset)],
    ),
  )
  if (undefinedSubsets.length > 0) return undefinedSubsets
  const names = virtualServicesFor(snapshot.virtualServices, pair).exact.map((object) =>
    refText(refOf(object)),
  )
  const others = [
    ...new Set(
      routes.flatMap((route) =>
        route.entries.flatMap(({ index, subset }) =>
          route.onHost[index] === true && subset !== null ? [`subset ${subset}`] : [],
        ),
      ),
    ),
  ]
  const elsewhere = others.length === 0 ? '' : ` They go to ${others.join(', ')}.`
  return [
    problem(
      'SG-no-route',
      names[0] ?? null,
      `A VirtualService speaks for ${scopeHost(pair)}, but none of its routes sends traffic to ${pair.stable.subset} or to the Service itself.${elsewhere}`,
      others.length === 0
        ? 'Give it a route to the Service, or remove it.'
        : 'Say which version serves: the one whose label the subset selects.',
    ),
  ]
}

function undefinedSubset(object: string, what: string, subset: string): Problem {
  return problem(
    'IST0101',
    object,
    `${what} sends traffic to subset “${subset}”, which no DestinationRule in force defines: requests there fail with 503.`,
    `Add the subset to the DestinationRule, or give the file that has it.`,
  )
}

function reasonFor(
  snapshot: RoutingSnapshot,
  pair: Pair,
  mesh: NonNullable<ReturnType<typeof missingMesh>>,
): Problem[] {
  if (pairRoutes(snapshot, pair).length === 0) return []
  return [
    problem(
      'SG-mesh-route-made',
      refText(mesh),
      `Existing routes of ${scopeHost(pair)} don’t bind every sidecar: those would call the Service itself, and so the canary’s pods as soon as they are ready. A VirtualService for the mesh is made beside them.`,
    ),
  ]
}
