import { type RoutingSnapshot, refText, type ServiceView, type Write } from '../release/kubernetes.ts'
import { inForce } from './destination-rule.ts'
import { divide } from './division.ts'
import { removePreviews } from './extras.ts'
import { type Fraction, none, shareOf, whole } from './fraction.ts'
import { generatedSpec, missingMesh, primaryAfterPin, wildcardOnly } from './generated.ts'
import { scopeHost } from './host.ts'
import { byHost, type Pair } from './pair.ts'
import { type AnnotationChanges, type Plan, type Problem, problem, refusal } from './plan.ts'
import { refOf, ruleText } from './rule.ts'
import { type PairRoute, pairRoutes } from './sides.ts'
import { primaryOf, understand } from './understanding.ts'
import { mistakesOf } from './validate.ts'
import { claimants } from './virtual-service.ts'
import { createWrite, type Edits, gather, withAnnotations, writesOf } from './write.ts'

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
  const blocked = [...understand(snapshot, pair).problems, ...wildcardOnly(snapshot, pair)]
  const [first] = blocked
  if (first !== undefined) return refusal(...blocked)
  const mesh = missingMesh(snapshot, pair)
  const created = mesh === null ? [] : [refText(mesh)]
  const edits: Edits = new Map()
  const divided = divideAll(
    snapshot,
    pair,
    { share: none, introduce: true, ours: options.ours ?? [] },
    edits,
    () => `all of ${pair.service} to ${pair.stable.subset}`,
  )
  const problems = [
    ...divided.problems,
    ...withAnnotations(snapshot, edits, annotations, created),
    ...(mesh === null ? unrouted(snapshot, pair) : subsetMissing(snapshot, pair)),
  ]
  if (problems.length > 0) return refusal(...problems)
  const creations: Write[] =
    mesh === null
      ? []
      : [
          createWrite(
            snapshot,
            mesh,
            generatedSpec(pair, options.service ?? null),
            annotations,
            `routes of ${pair.service}: all to ${pair.stable.subset}`,
          ),
        ]
  const writes = [...writesOf(edits, primaryAfterPin(snapshot, pair)), ...creations]
  const unsound = mistakesOf(snapshot, writes)
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

/**
 * planShift gives the canary `percent` (0–100, at most six decimals) of the pair's own share of every route, on
 * the user's own scale. Throws `invalid-input` for another percent.
 */
export function planShift(
  snapshot: RoutingSnapshot,
  pair: Pair,
  percent: number,
  annotations: AnnotationChanges = {},
): Plan {
  return shift(
    snapshot,
    pair,
    shareOf(percent),
    `${percent} % of ${pair.service} to ${pair.canary.subset}`,
    annotations,
  )
}

/** planPromote gives the canary the pair's whole share and stable an explicit 0. */
export function planPromote(
  snapshot: RoutingSnapshot,
  pair: Pair,
  annotations: AnnotationChanges = {},
): Plan {
  return shift(snapshot, pair, whole, `all of ${pair.service} to ${pair.canary.subset}`, annotations)
}

function shift(
  snapshot: RoutingSnapshot,
  pair: Pair,
  share: Fraction,
  words: string,
  annotations: AnnotationChanges,
): Plan {
  const { problems: blocked } = understand(snapshot, pair)
  if (blocked.length > 0) return refusal(...blocked)
  const routes = pairRoutes(snapshot, pair)
  if (!routes.some((route) => route.divided)) return refusal(noRoute(pair))
  const edits: Edits = new Map()
  const divided = divideAll(snapshot, pair, { share, introduce: true, ours: [] }, edits, () => words)
  if (share.over === share.under) removePreviews(snapshot, pair, edits)
  const problems = [...divided.problems, ...withAnnotations(snapshot, edits, annotations)]
  if (problems.length > 0) return refusal(...problems)
  const writes = writesOf(edits, primaryOf(routes, pair))
  const unsound = mistakesOf(snapshot, writes)
  if (unsound.length > 0) return refusal(...unsound)
  return { ok: true, writes, warnings: divided.warnings }
}

function divideAll(
  snapshot: RoutingSnapshot,
  pair: Pair,
  aim: Parameters<typeof divide>[3],
  edits: Edits,
  words: (route: PairRoute) => string,
): { problems: Problem[]; warnings: Problem[] } {
  const { subsets } = inForce(snapshot, pair)
  const problems: Problem[] = []
  const warnings: Problem[] = []
  for (const route of pairRoutes(snapshot, pair)) {
    if (!route.divided) {
      warnings.push(...leftAlone(route))
      continue
    }
    const result = divide(route, pair, subsets, aim)
    if (!result.ok) problems.push(result.problem)
    else {
      warnings.push(...result.warnings)
      if (result.edit !== null) gather(edits, route.object, result.edit, words(route))
    }
  }
  return { problems, warnings }
}

function leftAlone(route: PairRoute): Problem[] {
  if (!route.sides.includes('canary')) return []
  return [
    problem(
      'SG-left-alone',
      refText(refOf(route.object)),
      `Its ${ruleText(route.rule)} sends only requests that match to the canary’s version and none to stable’s: it stays as it is.`,
    ),
  ]
}

function noRoute(pair: Pair): Problem {
  return problem(
    'SG-no-route',
    null,
    `No VirtualService divides the traffic of ${scopeHost(pair)} between ${pair.stable.subset} and ${pair.canary.subset}.`,
    'Pin the routes first (command “pin”).',
  )
}

/** A VirtualService speaks for the host, but nothing of it goes there. */
function unrouted(snapshot: RoutingSnapshot, pair: Pair): Problem[] {
  if (pairRoutes(snapshot, pair).some((route) => route.divided)) return []
  const names = claimants(snapshot.virtualServices, pair).exact.map((object) => refText(refOf(object)))
  return [
    problem(
      'SG-no-route',
      names[0] ?? null,
      `A VirtualService speaks for ${scopeHost(pair)}, but none of its routes sends traffic to ${pair.stable.subset} or to the Service itself.`,
      'Give it a route to the Service, or remove it.',
    ),
  ]
}

function subsetMissing(snapshot: RoutingSnapshot, pair: Pair): Problem[] {
  if (byHost(pair)) return []
  if (inForce(snapshot, pair).subsets.some(({ name }) => name === pair.stable.subset)) return []
  return [
    problem(
      'IST0101',
      null,
      `No DestinationRule in force for ${scopeHost(pair)} has the subset “${pair.stable.subset}”: every request to it would fail with 503.`,
      'Write the subsets first.',
    ),
  ]
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
