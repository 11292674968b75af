/** What the tests of Istio's routing use of it. */

export { findConflicts } from '../../src/routing/istio/checks/conflicts.ts'
export { type Drift, detectDrift, driftText } from '../../src/routing/istio/checks/drift.ts'
export { findOwners, type Owner, ownerProblem } from '../../src/routing/istio/checks/owners.ts'
export { applyWrites } from '../../src/routing/istio/model/apply-writes.ts'
export type { Subset } from '../../src/routing/istio/model/destination-rule.ts'
export {
  byHost,
  type Pair,
  type RouteSelector,
  type Scope,
  type Side,
} from '../../src/routing/istio/model/pair.ts'
export { canaryShare } from '../../src/routing/istio/model/sides.ts'
export { type DetectedSplit, detectSplit } from '../../src/routing/istio/model/version-split.ts'
export { planMirror } from '../../src/routing/istio/plan/added-rules/mirror.ts'
export {
  planPreview,
  planPreviewEnd,
  type Testers,
} from '../../src/routing/istio/plan/added-rules/preview.ts'
export type { Sticky } from '../../src/routing/istio/plan/added-rules/sticky-cookie.ts'
export { planAnnotations } from '../../src/routing/istio/plan/annotations.ts'
export { missingMesh, primaryAfterPin } from '../../src/routing/istio/plan/generated-route.ts'
export { type PinOptions, planHandover, planPin } from '../../src/routing/istio/plan/pin.ts'
export type { AnnotationChanges, Plan } from '../../src/routing/istio/plan/plan.ts'
export { planRestore, restoreOf } from '../../src/routing/istio/plan/restore.ts'
export { planPromote, planShift } from '../../src/routing/istio/plan/shift.ts'
export { planSubsetRemoval, planSubsets } from '../../src/routing/istio/plan/subsets.ts'
export {
  buildRouteModel,
  newSubsetName,
  type RouteModel,
  type RuleView,
  servingVersions,
  subsetFor,
  type VersionShare,
} from '../../src/routing/istio/route-model.ts'
export { validate } from '../../src/routing/istio/validate/objects.ts'
export { diffLines } from '../../src/routing/istio/yaml/diff.ts'
export {
  type RenderOptions,
  renderYaml,
} from '../../src/routing/istio/yaml/render.ts'
export { applyPatch } from '../../src/routing/json-patch.ts'
export type { Problem } from '../../src/routing/problem.ts'
export type { RenderResult, SourceFile } from '../../src/routing/route-files.ts'
