/** The room's door: what the release asks of routes. Everything is pure; answers are JSON Patches. */
export { planAnnotations } from './annotations.ts'
export { conflicts } from './conflicts.ts'
export type { SubsetView } from './destination-rule.ts'
export { diffLines } from './diff.ts'
export { type Drift, drift, driftText } from './drift.ts'
export { missingMesh, primaryAfterPin } from './generated.ts'
export { applyPatch } from './json-patch.ts'
export { planMirror } from './mirror.ts'
export { type Owner, ownerProblem, owners } from './owners.ts'
export { byHost, type Pair, type RouteSelector, type Scope, type Side } from './pair.ts'
export { type PinOptions, planHandover, planPin } from './pin.ts'
export type { AnnotationChanges, Plan, Problem } from './plan.ts'
export { planPreview, planPreviewEnd, type Testers } from './preview.ts'
export { type Rendered, type RenderWish, renderYaml, type SourceFile, sourceSnapshot } from './render.ts'
export { planRestore, restoreOf } from './restore.ts'
export { planPromote, planShift } from './shift.ts'
export { canaryShare } from './sides.ts'
export { after } from './snapshot.ts'
export { type SplitFound, splitFound } from './split.ts'
export type { Sticky } from './sticky-cookie.ts'
export { planSubsetRemoval, planSubsets } from './subsets.ts'
export {
  newSubsetName,
  type RouteView,
  type Serving,
  servingVersions,
  subsetFor,
  type Understanding,
  understand,
} from './understanding.ts'
export { validate } from './validate.ts'
export { planStep, planWay, type Stage, stickyAt, type WayWish } from './way.ts'
