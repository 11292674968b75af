import type { JsonObject, RoutingSnapshot } from '../release/kubernetes.ts'
import { planMirror } from './mirror.ts'
import { isInitial, type Pair } from './pair.ts'
import { type PinOptions, planPin } from './pin.ts'
import { type AnnotationChanges, type Plan, problem, refusal } from './plan.ts'
import { planPreview, planPreviewEnd, type Testers } from './preview.ts'
import { planRestore, restoreOf } from './restore.ts'
import { planPromote, planShift } from './shift.ts'
import { after } from './snapshot.ts'
import type { Sticky } from './sticky-cookie.ts'
import { planSubsets } from './subsets.ts'

/** WayWish is all that a release will ask of the routes. */
export interface WayWish {
  /** Shares in percent, the last one 100. */
  steps: readonly number[]
  preview: Testers | null
  /** Percent of requests to mirror before any weight; null: none. */
  mirror: number | null
  /** Who is kept on the canary, from which share on (percent); absent: nobody. */
  sticky?: (Sticky & { from: number }) | null
  pin: PinOptions
  /** Annotations that come with the pin. */
  annotations?: AnnotationChanges
}

/** Stage is one change of a release's way, planned on what the changes before it leave behind. */
export interface Stage {
  name: 'subsets' | 'pin' | 'preview' | 'mirror' | 'step' | 'rollback'
  words: string
  plan: Plan
  /** Routing as it is when the stage is done. */
  after: RoutingSnapshot
}

/**
 * planWay plans a whole release before its first write: subsets, pin, preview, mirror, every step, and the way
 * back from each of them. It ends at the first stage that can't be planned, whose plan says why.
 */
export function planWay(snapshot: RoutingSnapshot, pair: Pair, wish: WayWish): Stage[] {
  const stages: Stage[] = []
  let now = snapshot
  const go = (name: Stage['name'], words: string, make: (from: RoutingSnapshot) => Plan): boolean => {
    const plan = make(now)
    if (plan.ok && name !== 'rollback') now = after(now, plan.writes)
    const then = plan.ok && name === 'rollback' ? after(now, plan.writes) : now
    stages.push({ name, words, plan, after: then })
    return plan.ok
  }
  const restore = restoreOf(snapshot, pair)
  const back = (from: string) =>
    isInitial(pair) || go('rollback', `rollback from ${from}`, (at) => planRestore(at, pair, restore))
  const { preview, mirror, sticky = null, pin, annotations = {} } = wish
  const way: (() => boolean)[] = [
    () => go('subsets', 'subsets', (at) => planSubsets(at, pair)),
    () => go('pin', `all to ${pair.stable.subset}`, (at) => planPin(at, pair, annotations, pin)),
    ...(preview === null
      ? []
      : [
          () => go('preview', 'preview', (at) => planPreview(at, pair, preview)),
          () => back('the preview'),
          () => go('preview', 'end of the preview', (at) => planPreviewEnd(at, pair)),
        ]),
    ...(mirror === null
      ? []
      : [
          () => go('mirror', `mirror ${mirror} %`, (at) => mirrorOf(at, pair, mirror, restore)),
          () => back('the mirror'),
          () => go('mirror', 'end of the mirror', (at) => planMirror(at, pair, 0)),
        ]),
    ...wish.steps.flatMap((percent) => [
      () => go('step', `${percent} %`, (at) => planStep(at, pair, percent, {}, stickyAt(sticky, percent))),
      () => back(`${percent} %`),
    ]),
  ]
  // every() ends at the first stage that can't be planned.
  way.every((each) => each())
  return stages
}

/** A mirror of somebody else's in our shape could not be told from ours afterwards. */
function mirrorOf(snapshot: RoutingSnapshot, pair: Pair, percent: number, restore: JsonObject): Plan {
  if (restore.m !== 1) return planMirror(snapshot, pair, percent)
  return refusal(
    problem(
      'SG-mirror-taken',
      null,
      `Requests are mirrored to ${pair.canary.subset} already, and nobody could tell that mirror from ours.`,
      'Remove that mirror, or leave the mirror step out.',
    ),
  )
}

/** stickyAt gives who is kept at a share in percent: nobody below `from`, nor at 100, where all are with the canary. */
export function stickyAt(sticky: WayWish['sticky'], percent: number): Sticky | null {
  return sticky && percent >= sticky.from && percent < 100 ? sticky : null
}

/** planStep gives the canary a step's share; at 100 it promotes, and nobody is kept any more. */
export function planStep(
  snapshot: RoutingSnapshot,
  pair: Pair,
  percent: number,
  annotations: AnnotationChanges = {},
  sticky: Sticky | null = null,
): Plan {
  return percent >= 100
    ? planPromote(snapshot, pair, annotations)
    : planShift(snapshot, pair, percent, annotations, sticky)
}
