/** The room's door: what the release asks of routes. Everything is pure; answers are JSON Patches. */

export { applyPatch } from '../json-patch.ts'
export type { Problem } from '../problem.ts'
export { findConflicts } from './checks/conflicts.ts'
export { type Drift, detectDrift, driftText } from './checks/drift.ts'
export { findOwners, type Owner, ownerProblem } from './checks/owners.ts'
export { applyWrites } from './model/apply-writes.ts'
export type { Subset } from './model/destination-rule.ts'
export { byHost, type Pair, type RouteSelector, type Scope, type Side } from './model/pair.ts'
export { canaryShare } from './model/sides.ts'
export { type DetectedSplit, detectSplit } from './model/version-split.ts'
export { planAnnotations } from './plan/annotations.ts'
export { missingMesh, primaryAfterPin } from './plan/generated-route.ts'
export { planMirror } from './plan/mirror.ts'
export { type PinOptions, planHandover, planPin } from './plan/pin.ts'
export type { AnnotationChanges, Plan } from './plan/plan.ts'
export { planPreview, planPreviewEnd, type Testers } from './plan/preview.ts'
export {
  type PlannedStage,
  planRelease,
  planStep,
  type ReleasePlanInput,
  stickyAt,
} from './plan/release-plan.ts'
export { planRestore, restoreOf } from './plan/restore.ts'
export { planPromote, planShift } from './plan/shift.ts'
export type { Sticky } from './plan/sticky-cookie.ts'
export { planSubsetRemoval, planSubsets } from './plan/subsets.ts'
export {
  buildRouteModel,
  newSubsetName,
  type RouteModel,
  type RouteView,
  servingVersions,
  subsetFor,
  type VersionShare,
} from './route-model.ts'
export { validate } from './validate/objects.ts'
export { diffLines } from './yaml/diff.ts'
export {
  type RenderOptions,
  type RenderResult,
  renderYaml,
  type SourceFile,
  sourceSnapshot,
} from './yaml/render.ts'
