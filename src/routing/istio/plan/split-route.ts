import { refText } from '../../../release/kubernetes.ts'
import { complement, type Fraction, one, zero } from '../../fraction.ts'
import { isObject, sameJson } from '../../json-patch.ts'
import { type Problem, problem } from '../../problem.ts'
import { apportion } from '../../weights.ts'
import type { Subset } from '../model/destination-rule.ts'
import { byHost, isInitial, type Pair } from '../model/pair.ts'
import { type Entry, refOf, ruleText, textAt } from '../model/rule.ts'
import { entriesOn, type PairRoute } from '../model/sides.ts'
import { type DestinationSlot, type RouteEdit, routeEdit, withDestination } from './route-edit.ts'

/** TargetSplit is what a route's pair shall look like. */
export interface TargetSplit {
  /** The canary's share 0–1 of the pair's own weight. */
  share: Fraction
  /** Give the canary a destination where it has none. */
  introduce: boolean
  /** Subsets of earlier releases: their destinations at 0 make room. */
  ours: readonly string[]
  /** Weights to write by entry, where they are known; they hold only while no destination comes or goes. */
  exactly?: readonly number[] | null
}

/** Outcome of planning one route. */
type SplitResult = { ok: true; edit: RouteEdit | null; warnings: Problem[] } | { ok: false; problem: Problem }

/** splitRoute plans one route's destinations and weights for a target split. */
export function splitRoute(
  route: PairRoute,
  pair: Pair,
  subsets: readonly Subset[],
  target: TargetSplit,
): SplitResult {
  const twins = ambiguous(route)
  if (twins !== null && target.share.numerator !== 0n) return { ok: false, problem: twins }
  const slots = arranged(route, pair, target)
  const sides = slots.map(({ side }) => side)
  const on = (name: string) => sides.flatMap((side, index) => (side === name ? [index] : []))
  const canary = on('canary')
  const stable = on('stable')
  const share = canary.length === 0 ? zero : target.share
  const weights =
    slots.length === target.exactly?.length
      ? target.exactly
      : apportion(
          slots.map(({ now }) => now),
          isInitial(pair)
            ? [{ entries: stable, share: one }]
            : [
                { entries: stable, share: complement(share) },
                { entries: canary, share },
              ],
        )
  if (weights === null) return { ok: false, problem: tooLarge(route) }
  const final: DestinationSlot[] = slots.map((slot, index) => ({
    from: slot.from,
    body: slot.body,
    weight: weightFor(slot, weights[index] ?? 0),
    ...(slot.removed ? { removed: true } : {}),
  }))
  const missing = byHost(pair) ? null : (relabelled(route, final, pair) ?? blackHole(route, final, subsets))
  if (missing !== null) return { ok: false, problem: missing }
  const edit = routeEdit(`${route.rule.pointer}/route`, final)
  return {
    ok: true,
    edit: edit.changes.length === 0 ? null : edit,
    warnings: [...(twins === null ? [] : [twins]), ...headerWarnings(route, pair, final)],
  }
}

interface Arranged {
  from: Entry | null
  body: DestinationSlot['body']
  side: 'stable' | 'canary' | 'other'
  /** Weight in force. */
  now: number
  removed: boolean
}

/** An entry outside the pair is written only where its number changes; one of the pair is always explicit. */
function weightFor(slot: Arranged, weight: number): number | null {
  if (slot.removed) return null
  return slot.side === 'other' && weight === slot.now ? null : weight
}

/** arranged lists the destinations as they shall stand: subsets given, room made, missing sides added. */
function arranged(route: PairRoute, pair: Pair, target: TargetSplit): Arranged[] {
  const slots: Arranged[] = route.entries.map((entry) => {
    const side = route.sides[entry.index] ?? 'other'
    const bare = side === 'bare'
    return {
      from: entry,
      body: bare ? withDestination(entry.body, pair.stable) : entry.body,
      side: bare ? 'stable' : side,
      now: route.weights[entry.index] ?? 0,
      removed: side === 'other' && isLeftover(route, entry, target.ours),
    }
  })
  const model = (side: string) =>
    slots.filter((slot) => slot.side === side).sort((left, right) => right.now - left.now)[0]?.body
  const stable = model('stable')
  const canary = model('canary')
  if (stable === undefined && canary !== undefined)
    place(slots, withDestination(canary, pair.stable), 'stable')
  if (canary === undefined && stable !== undefined && target.introduce && !isInitial(pair))
    place(slots, withDestination(stable, pair.canary), 'canary')
  return slots
}

function place(slots: Arranged[], body: DestinationSlot['body'], side: 'stable' | 'canary'): void {
  slots.push({ from: null, body: withoutWeight(body), side, now: 0, removed: false })
}

function withoutWeight(body: DestinationSlot['body']): DestinationSlot['body'] {
  const { weight: _, ...others } = body
  return others
}

function isLeftover(route: PairRoute, entry: Entry, ours: readonly string[]): boolean {
  return (
    route.onHost[entry.index] === true &&
    entry.subset !== null &&
    ours.includes(entry.subset) &&
    route.entries.length > 1 &&
    route.weights[entry.index] === 0
  )
}

/** Several destinations of stable with different ports: a canary beside them would reach the wrong port. */
function ambiguous(route: PairRoute): Problem | null {
  for (const side of ['stable', 'canary'] as const) {
    const entries = entriesOn(
      route,
      ...(side === 'stable' ? (['stable', 'bare'] as const) : (['canary'] as const)),
    )
    const ports = entries.map((index) => {
      const destination = route.entries[index]?.body.destination
      return isObject(destination) ? destination.port : undefined
    })
    if (ports.some((port) => !sameJson(port ?? null, ports[0] ?? null)))
      return problem(
        'SG-duplicate-destination',
        refText(refOf(route.object)),
        `Its ${ruleText(route.rule)} names ${side}’s version more than once with different ports: which of them the canary should share can’t be told.`,
        'Merge those destinations into one, or write a route per port.',
      )
  }
  return null
}

function tooLarge(route: PairRoute): Problem {
  return problem(
    'SG-weights-too-large',
    refText(refOf(route.object)),
    `The weights of its ${ruleText(route.rule)} are so large that the asked share can’t be expressed in whole numbers.`,
    'Write smaller weights with the same proportions.',
  )
}

/** A destination that is to come, and is there already: its subset selects pods of another version now. */
function relabelled(route: PairRoute, slots: readonly DestinationSlot[], pair: Pair): Problem | null {
  for (const slot of slots) {
    const subset = textAt(slot.body.destination, 'subset')
    const there = route.entries.some((entry) => route.onHost[entry.index] === true && entry.subset === subset)
    if (slot.from !== null || slot.removed || (slot.weight ?? 0) === 0 || !there) continue
    return problem(
      'SG-subset-relabelled',
      refText(refOf(route.object)),
      `Its ${ruleText(route.rule)} names the subset “${subset}” already, whose labels select another version’s pods now.`,
      `Give the subset “${subset}” back the labels of ${subset === pair.stable.subset ? pair.stable.version : pair.canary.version}.`,
    )
  }
  return null
}

/** A subset that doesn't exist must not get weight, nor more of it than it had before. */
function blackHole(
  route: PairRoute,
  slots: readonly DestinationSlot[],
  subsets: readonly Subset[],
): Problem | null {
  const sum = (weights: readonly number[]) => weights.reduce((total, weight) => total + weight, 0)
  const before = sum(route.weights)
  const after = sum(slots.map(({ weight, from }) => weight ?? weightBefore(route, from)))
  for (const [index, slot] of slots.entries()) {
    const subset = textAt(slot.body.destination, 'subset')
    if (subset === null || slot.removed || (slot.weight ?? 0) === 0) continue
    const onHost = slot.from === null || route.onHost[index] === true
    const had = slot.from?.subset === subset ? weightBefore(route, slot.from) : 0
    const held = had > 0 && (slot.weight ?? 0) * before <= had * after
    if (!onHost || held || subsets.some(({ name }) => name === subset)) continue
    return problem(
      'IST0101',
      refText(refOf(route.object)),
      `Its ${ruleText(route.rule)} would send traffic to subset “${subset}”, which no DestinationRule in force defines: every request there would fail with 503.`,
      `Add the subset “${subset}” to the host’s DestinationRule first.`,
    )
  }
  return null
}

function weightBefore(route: PairRoute, entry: Entry | null): number {
  return entry === null ? 0 : (route.weights[entry.index] ?? 0)
}

function headerWarnings(route: PairRoute, pair: Pair, slots: readonly DestinationSlot[]): Problem[] {
  return slots
    .filter((slot) => slot.from === null && isObject(slot.body.headers))
    .filter((slot) => JSON.stringify(slot.body.headers).includes(pair.stable.version))
    .map(() =>
      problem(
        'SG-header-names-version',
        refText(refOf(route.object)),
        `In its ${ruleText(route.rule)} the canary’s destination gets the headers of stable’s, and one of them names ${pair.stable.version}.`,
        'Write the canary’s destination by hand with the headers that it should have.',
      ),
    )
}
