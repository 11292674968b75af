import { createHash } from 'node:crypto'
import { type JsonObject, refText } from '../../../release/kubernetes.ts'
import { zero } from '../../fraction.ts'
import { isObject } from '../../json-patch.ts'
import { type Problem, problem } from '../../problem.ts'
import { sameFractions } from '../../weights.ts'
import { applyWrites } from '../model/apply-writes.ts'
import { effectiveDestinationRules } from '../model/destination-rule.ts'
import { fqdn } from '../model/host.ts'
import type { Pair } from '../model/pair.ts'
import { primaryOf } from '../model/primary.ts'
import { refOf, ruleText } from '../model/rule.ts'
import { canaryShareOf, entriesOn, type PairRoute, pairRoutes, weightOn } from '../model/sides.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { hasOwnMirrors, removeMirrors } from './added-rules/mirror.ts'
import { removePreviews } from './added-rules/preview.ts'
import { stickyEdits } from './added-rules/sticky.ts'
import { addAnnotationEdits, addEdit, type Edits, mergeEdits, toWrites } from './edits.ts'
import { planPin } from './pin.ts'
import { type AnnotationChanges, type Plan, refusal } from './plan.ts'
import type { RouteEdit } from './route-edit.ts'
import { splitRoute } from './split-route.ts'
import { canaryOnlyWarnings } from './split-routes.ts'
import { planSubsets } from './subsets.ts'

/*
 * What a rollback needs to give every route back its pinned weights, small enough for an annotation:
 * { v: 1, "<namespace>/<name>": { "<route>": 0 | "<destination>=<weight>,…" } }
 * Routes and destinations are named by short hashes of what they are (match, name; host, subset, port), so that
 * they are found again by content. 0: stable 100, canary 0, no other weight. m: 1 says that somebody mirrored to
 * the canary before, so that mirrors of our shape are not ours to remove.
 */
const restoreVersion = 1

/** restoreOf keeps the weights that a pin gives every route of the pair, whether it was done yet or not. */
export function restoreOf(snapshot: RoutingSnapshot, pair: Pair): JsonObject {
  const subsets = planSubsets(snapshot, pair)
  const prepared = subsets.ok ? applyWrites(snapshot, subsets.writes) : snapshot
  const pinned = planPin(prepared, pair)
  const routes = pairRoutes(pinned.ok ? applyWrites(prepared, pinned.writes) : prepared, pair)
  const restore: JsonObject = { v: restoreVersion, ...(hasOwnMirrors(prepared, pair) ? { m: 1 } : {}) }
  for (const [route, key] of keyed(routes, pair)) {
    if (!route.split) continue
    const { namespace, name } = refOf(route.object)
    const object = restore[`${namespace}/${name}`]
    const known = isObject(object) ? object : {}
    restore[`${namespace}/${name}`] = { ...known, [key]: isPlain(route) ? 0 : weightsText(route, pair) }
  }
  return restore
}

/**
 * planRestore puts the pair's whole share of every route back on stable: with the weights of `restore` where a
 * route's destinations are still those of the pin, else on the scale that the route has now. It asks no other
 * condition of the mesh than that the routes can be understood.
 */
export function planRestore(
  snapshot: RoutingSnapshot,
  pair: Pair,
  restore: JsonObject | null,
  annotations: AnnotationChanges = {},
): Plan {
  const { subsets } = effectiveDestinationRules(snapshot, pair)
  const routes = pairRoutes(snapshot, pair)
  const edits: Edits = new Map()
  const problems: Problem[] = []
  const warnings: Problem[] = []
  for (const [route, key] of keyed(routes, pair)) {
    const result = restoreRoute(route, keptFor(route, key, restore), pair, subsets)
    problems.push(...result.problems)
    warnings.push(...result.warnings)
    if (result.edit !== null)
      addEdit(edits, route.object, result.edit, `all of ${pair.service} back to ${pair.stable.subset}`)
  }
  // Previews last: their removal moves the rules behind them.
  if (restore?.v === restoreVersion && restore.m !== 1) removeMirrors(snapshot, pair, edits)
  removePreviews(snapshot, pair, edits)
  warnings.push(...addAnnotationEdits(snapshot, edits, annotations))
  if (problems.length > 0) return refusal(...problems)
  const primary = primaryOf(routes, pair)
  const back = toWrites(edits, primary)
  const loose: Edits = new Map()
  stickyEdits(applyWrites(snapshot, back), pair, null, loose)
  return { ok: true, writes: mergeEdits(back, loose, primary), warnings }
}

interface RestoredRoute {
  edit: RouteEdit | null
  problems: Problem[]
  warnings: Problem[]
}

/** restoreRoute puts one route back; `kept` is what was kept of its weights. */
function restoreRoute(
  route: PairRoute,
  kept: ReturnType<typeof keptFor>,
  pair: Pair,
  subsets: Parameters<typeof splitRoute>[2],
): RestoredRoute {
  const alone: RestoredRoute = { edit: null, problems: [], warnings: [] }
  if (route.malformed !== null && route.selected)
    return { ...alone, problems: [notUnderstood(route, route.malformed)] }
  if (route.malformed !== null || (!route.split && kept === undefined))
    return { ...alone, warnings: canaryOnlyWarnings(route, pair) }
  const exactly = weightsFor(route, kept, pair)
  if (exactly === null && canaryShareOf(route) === 0 && !route.sides.includes('bare')) return alone
  const result = splitRoute(route, pair, subsets, { share: zero, introduce: false, ours: [], exactly })
  return result.ok
    ? { ...alone, edit: result.edit, warnings: result.warnings }
    : { ...alone, problems: [result.problem] }
}

function notUnderstood(route: PairRoute, why: string): Problem {
  return problem(
    'SG-not-understood',
    refText(refOf(route.object)),
    `Its ${ruleText(route.rule)} can’t be understood: ${why}.`,
    'Write every weight of that route as a whole number, at least one of them above 0.',
  )
}

/** isPlain: stable has 100, everything else 0. */
function isPlain(route: PairRoute): boolean {
  const [first] = entriesOn(route, 'stable')
  return route.weights.every((weight, index) => weight === (index === first ? 100 : 0))
}

/** keyed names routes by what they are, the second of two alike `…#1`. */
function keyed(routes: readonly PairRoute[], pair: Pair): [PairRoute, string][] {
  const seen = new Map<string, number>()
  return routes.map((route) => {
    const { protocol, name, body } = route.rule
    const plain = digest([protocol, name, body.match ?? null, pair.service], 8)
    const full = `${refText(refOf(route.object))} ${plain}`
    const count = seen.get(full) ?? 0
    seen.set(full, count + 1)
    return [route, count === 0 ? plain : `${plain}#${count}`]
  })
}

function digest(value: unknown, length: number): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, length)
}

function destinationKeys(route: PairRoute, pair: Pair): string[] {
  const { namespace } = refOf(route.object)
  return route.entries.map(({ body, host, subset }) => {
    const port = isObject(body.destination) ? (body.destination.port ?? null) : null
    return digest([fqdn(host, namespace, pair.clusterDomain), subset, port], 4)
  })
}

function weightsText(route: PairRoute, pair: Pair): string {
  return destinationKeys(route, pair)
    .map((key, index) => `${key}=${route.weights[index] ?? 0}`)
    .join(',')
}

function keptFor(route: PairRoute, key: string, restore: JsonObject | null): string | 0 | undefined {
  const { namespace, name } = refOf(route.object)
  const object = restore?.v === restoreVersion ? restore[`${namespace}/${name}`] : undefined
  const kept = isObject(object) ? object[key] : undefined
  return kept === 0 || typeof kept === 'string' ? kept : undefined
}

/**
 * weightsFor gives the weights by entry that put a route back: the pinned ones, or 100 on stable where the pair is
 * alone on it. null: others are on the route and it is no longer what was pinned.
 */
function weightsFor(route: PairRoute, kept: string | 0 | undefined, pair: Pair): number[] | null {
  if (typeof kept === 'string') {
    const pinned = matched(kept, destinationKeys(route, pair))
    if (pinned !== null && othersKept(route, pinned)) return pinned
  }
  if (weightOn(route, 'other') > 0) return null
  // Where stable's destination was taken out, a new one comes last.
  const [stable = route.weights.length] = entriesOn(route, 'stable', 'bare')
  const length = Math.max(route.weights.length, stable + 1)
  return Array.from({ length }, (_, index) => (index === stable ? 100 : 0))
}

function matched(kept: string, keys: readonly string[]): number[] | null {
  const pool = kept.split(',').map((part) => {
    const [key, weight] = part.split('=')
    return { key, weight: Number(weight), used: false }
  })
  if (pool.length !== keys.length) return null
  const weights: number[] = []
  for (const key of keys) {
    const found = pool.find((item) => !item.used && item.key === key)
    if (found === undefined || !Number.isSafeInteger(found.weight) || found.weight < 0) return null
    found.used = true
    weights.push(found.weight)
  }
  return weights
}

/** Somebody may have changed the shares of other destinations since: theirs stay, so the pinned ones don't fit. */
function othersKept(route: PairRoute, pinned: readonly number[]): boolean {
  const others = entriesOn(route, 'other')
  const fold = (weights: readonly number[]) => [
    ...others.map((index) => weights[index] ?? 0),
    weights.reduce((sum, weight, index) => sum + (others.includes(index) ? 0 : weight), 0),
  ]
  return sameFractions(fold(route.weights), fold(pinned))
}
