import type { JsonObject, RoutingSnapshot } from '../../../release/kubernetes.ts'
import { problem } from '../../problem.ts'
import { applyWrites } from '../model/apply-writes.ts'
import { isInitial, type Pair } from '../model/pair.ts'
import { planMirror } from './mirror.ts'
import { type PinOptions, planPin } from './pin.ts'
import { type AnnotationChanges, type Plan, refusal } from './plan.ts'
import { planPreview, planPreviewEnd, type Testers } from './preview.ts'
import { planRestore, restoreOf } from './restore.ts'
import { planPromote, planShift } from './shift.ts'
import type { Sticky } from './sticky-cookie.ts'
import { planSubsets } from './subsets.ts'

/** ReleasePlanInput is all that a release will ask of the routes. */
export interface ReleasePlanInput {
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

/** PlannedStage is one change of a release's way, planned on what the changes before it leave behind. */
export interface PlannedStage {
  name: 'subsets' | 'pin' | 'preview' | 'mirror' | 'step' | 'rollback'
  words: string
  plan: Plan
  /** Routing as it is when the stage is done. */
  after: RoutingSnapshot
}

/**
 * planRelease plans a whole release before its first write: subsets, pin, preview, mirror, every step, and the way
 * back from each of them. It ends at the first stage that can't be planned, whose plan says why.
 */
export function planRelease(snapshot: RoutingSnapshot, pair: Pair, input: ReleasePlanInput): PlannedStage[] {
  const stages: PlannedStage[] = []
  let now = snapshot
  const addStage = (
    name: PlannedStage['name'],
    words: string,
    make: (from: RoutingSnapshot) => Plan,
  ): boolean => {
    const plan = make(now)
    if (plan.ok && name !== 'rollback') now = applyWrites(now, plan.writes)
    const then = plan.ok && name === 'rollback' ? applyWrites(now, plan.writes) : now
    stages.push({ name, words, plan, after: then })
    return plan.ok
  }
  const restore = restoreOf(snapshot, pair)
  const addRollback = (from: string) =>
    isInitial(pair) || addStage('rollback', `rollback from ${from}`, (at) => planRestore(at, pair, restore))
  const { preview, mirror, sticky = null, pin, annotations = {} } = input
  const steps: (() => boolean)[] = [
    () => addStage('subsets', 'subsets', (at) => planSubsets(at, pair)),
    () => addStage('pin', `all to ${pair.stable.subset}`, (at) => planPin(at, pair, annotations, pin)),
    ...(preview === null
      ? []
      : [
          () => addStage('preview', 'preview', (at) => planPreview(at, pair, preview)),
          () => addRollback('the preview'),
          () => addStage('preview', 'end of the preview', (at) => planPreviewEnd(at, pair)),
        ]),
    ...(mirror === null
      ? []
      : [
          () => addStage('mirror', `mirror ${mirror}%`, (at) => mirrorOf(at, pair, mirror, restore)),
          () => addRollback('the mirror'),
          () => addStage('mirror', 'end of the mirror', (at) => planMirror(at, pair, 0)),
        ]),
    ...input.steps.flatMap((percent) => [
      () =>
        addStage('step', `${percent}%`, (at) => planStep(at, pair, percent, {}, stickyAt(sticky, percent))),
      () => addRollback(`${percent}%`),
    ]),
  ]
  // every() ends at the first stage that can't be planned.
  steps.every((each) => each())
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
export function stickyAt(sticky: ReleasePlanInput['sticky'], percent: number): Sticky | null {
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
