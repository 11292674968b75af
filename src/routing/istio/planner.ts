import { Failure } from '../../release/failure.ts'
import type { KubeObject, Write } from '../../release/kubernetes.ts'
import { refText } from '../../release/kubernetes.ts'
import { commandKey, partKey, stateKey } from '../../release/target.ts'
import { problem } from '../problem.ts'
import type {
  RouteChange,
  RoutePlan,
  RouteSnapshot,
  RouteTarget,
  RouteWrite,
  RoutingPlanner,
  StateNote,
  VersionPair,
} from '../routing.ts'
import { attributeChange } from './checks/change-attribution.ts'
import { findConflicts } from './checks/conflicts.ts'
import { findRivals } from './checks/rivals.ts'
import { hostPolicyOf } from './host-policy.ts'
import { applyWrites } from './model/apply-writes.ts'
import { effectiveDestinationRules } from './model/destination-rule.ts'
import { byHost, type Pair, type Side } from './model/pair.ts'
import { reachOf } from './model/reach.ts'
import { refOf } from './model/rule.ts'
import { canaryShare } from './model/sides.ts'
import { chosenSplit } from './model/version-split.ts'
import { planMirror } from './plan/added-rules/mirror.ts'
import { planPreview, planPreviewEnd } from './plan/added-rules/preview.ts'
import { planAnnotations } from './plan/annotations.ts'
import { planHostRemoval } from './plan/host-removal.ts'
import { planPin } from './plan/pin.ts'
import { type AnnotationChanges, type Plan, refusal } from './plan/plan.ts'
import { planRestore, restoreOf } from './plan/restore.ts'
import { planPromote, planShift } from './plan/shift.ts'
import { planSubsetRemoval, planSubsets } from './plan/subsets.ts'
import { buildRouteModel, newSubsetName, servingVersions, subsetFor } from './route-model.ts'
import type { RoutingSnapshot } from './snapshot.ts'
import { diffLines } from './yaml/diff.ts'

const backend = 'istio'

/** IstioSnapshot is every VirtualService and DestinationRule that could be read. */
export interface IstioSnapshot extends RoutingSnapshot, RouteSnapshot {
  readonly backend: typeof backend
}

/** IstioWrite is a planned write with the patch or object to send. */
interface IstioWrite extends RouteWrite {
  readonly backend: typeof backend
  request: Write
}

/** toIstioSnapshot marks a reading as this backend's. */
export function toIstioSnapshot(snapshot: RoutingSnapshot): IstioSnapshot {
  return { ...snapshot, backend }
}

/** istioSnapshot looks into a snapshot of this backend's own. Throws `internal` for another's. */
export function istioSnapshot(snapshot: RouteSnapshot): IstioSnapshot {
  if (snapshot.backend !== backend) throw foreign(snapshot.backend)
  return snapshot as IstioSnapshot
}

/** istioWrite looks into a write of this backend's own. Throws `internal` for another's. */
export function istioWrite(write: RouteWrite): IstioWrite {
  if (write.backend !== backend) throw foreign(write.backend)
  return write as IstioWrite
}

function foreign(name: string): Failure {
  return new Failure('internal', `Routing of ${name} was given to Istio. Please report this.`)
}

/** istioPlanner plans over VirtualServices and DestinationRules: a version is a subset, or a Service of its own. */
export const istioPlanner: RoutingPlanner = {
  notes(snapshot, target) {
    return istioSnapshot(snapshot).virtualServices.flatMap((object) => {
      const {
        [stateKey(target)]: state = null,
        [partKey(target)]: part = null,
        [commandKey(target)]: command = null,
      } = object.metadata.annotations ?? {}
      if (state === null && part === null && command === null) return []
      return [{ object: nameOf(object), state, part, command }]
    })
  },
  view(snapshot, target) {
    const model = buildRouteModel(istioSnapshot(snapshot), target)
    return {
      objects: [...new Set(model.routes.map(({ object }) => refText(object)))],
      serving: servingVersions(model).map(({ subset, ...share }) => ({ ...share, destination: subset })),
      destinations: model.subsets.map(({ name }) => name),
      problems: model.problems,
      warnings: model.warnings,
      destinationOf(version) {
        const name = subsetFor(model, version)
        return name === null ? { name: newSubsetName(model, version), exists: false } : { name, exists: true }
      },
    }
  },
  canaryShare: (snapshot, pair) => canaryShare(istioSnapshot(snapshot), toPair(pair)),
  reach: (snapshot, pair, workloads) => reachOf(istioSnapshot(snapshot), toPair(pair), workloads),
  restorePoint: (snapshot, pair) => restoreOf(istioSnapshot(snapshot), toPair(pair)),
  plan: (snapshot, pair, change, note = null) => planWithNote(istioSnapshot(snapshot), pair, change, note),
  changedBy: (before, now, pair) =>
    attributeChange(before === null ? null : istioSnapshot(before), istioSnapshot(now), toPair(pair)),
  hostSplit: (snapshot, target, choice) => chosenSplit(istioSnapshot(snapshot), target, choice),
  hostPolicy: (snapshot, target) => hostPolicyOf(istioSnapshot(snapshot), target),
  conflicts: (snapshot, target, workloads) => findConflicts(istioSnapshot(snapshot), target, workloads),
  owners: (snapshot, target, others, workloads) =>
    findRivals(istioSnapshot(snapshot), target, others, workloads),
  diff(snapshot, write) {
    const { request } = istioWrite(write)
    const { virtualServices, destinationRules } = istioSnapshot(snapshot)
    const before = [...virtualServices, ...destinationRules].find((object) => nameOf(object) === write.object)
    return diffLines(before ?? null, request.action === 'create' ? request.object : request.result)
  },
  resultOf(write) {
    const { request } = istioWrite(write)
    return JSON.stringify([
      write.object,
      (request.action === 'create' ? request.object : request.result).spec,
    ])
  },
}

function toPair({ stable, canary, ...target }: VersionPair): Pair {
  const toSide = ({ version, destination, host }: VersionPair['stable']): Side =>
    host === undefined ? { version, subset: destination } : { version, subset: destination, host }
  return { ...target, stable: toSide(stable), canary: toSide(canary) }
}

/** A change is planned twice: the object that holds the state is known only when the change itself is. */
function planWithNote(
  snapshot: IstioSnapshot,
  target: VersionPair,
  change: RouteChange,
  note: StateNote | null,
): RoutePlan {
  const pair = toPair(target)
  const bare = planChange(snapshot, pair, change, {})
  if (!bare.ok || note === null) return toRoutePlan(snapshot, pair, change, bare, null)
  const holder = note.holder ?? primaryOf(applyWrites(snapshot, bare.writes), target)
  if (holder === null) return { ok: false, problems: [noHolder()] }
  const annotations = annotationsFor(snapshot, pair, bare.writes, holder, note)
  const plan = planChange(snapshot, pair, change, annotations)
  return toRoutePlan(snapshot, pair, change, plan, holder)
}

/** planChange plans a change of routes, with annotations by object (`refText`). */
function planChange(
  snapshot: RoutingSnapshot,
  pair: Pair,
  change: RouteChange,
  annotations: AnnotationChanges,
): Plan {
  switch (change.kind) {
    case 'prepare':
      return planSubsets(snapshot, pair)
    case 'pin':
      return planPin(snapshot, pair, annotations, { ours: change.retired, service: change.service })
    case 'share':
      return change.percent >= 100
        ? planPromote(snapshot, pair, annotations)
        : planShift(snapshot, pair, change.percent, annotations, change.sticky)
    case 'preview':
      return change.testers === null
        ? planPreviewEnd(snapshot, pair, annotations)
        : planPreview(snapshot, pair, change.testers, annotations)
    case 'mirror':
      return change.percent > 0 && change.restore?.m === 1
        ? refusal(mirrorTaken(pair))
        : planMirror(snapshot, pair, change.percent, annotations)
    case 'put-back':
      return planRestore(
        snapshot,
        { ...pair, canaryByName: true, ...(change.everywhere ? { everywhere: true } : {}) },
        change.restore,
        annotations,
      )
    case 'clean-up':
      return byHost(pair)
        ? planHostRemoval(snapshot, pair)
        : planSubsetRemoval(snapshot, pair, change.destination)
    case 'state':
      return planAnnotations(snapshot, annotations)
    case 'command':
      return planAnnotations(snapshot, { [change.holder]: { [commandKey(pair)]: change.text } })
  }
}

/** A mirror of somebody else's in our shape could not be told from ours afterwards. */
function mirrorTaken(pair: Pair) {
  return problem(
    'SG-mirror-taken',
    null,
    `Requests are mirrored to ${pair.canary.subset} already, and that mirror could not be told from ours.`,
    'Remove that mirror, or leave the mirror step out.',
  )
}

function noHolder() {
  return problem(
    'SG-no-route',
    null,
    'No VirtualService routes to this host, so nothing can hold the release’s state.',
    'Pin the routes first (command “pin”).',
  )
}

function primaryOf(snapshot: RoutingSnapshot, target: RouteTarget): string | null {
  const { primary } = buildRouteModel(snapshot, target)
  return primary === null ? null : refText(primary)
}

function annotationsFor(
  snapshot: RoutingSnapshot,
  pair: Pair,
  writes: readonly Write[],
  holder: string,
  note: StateNote,
): AnnotationChanges {
  const part = note.part === null ? null : JSON.stringify({ ...note.part, home: holder })
  const marked = [
    ...writes.flatMap(({ ref }) => (ref.kind === 'VirtualService' ? [refText(ref)] : [])),
    ...snapshot.virtualServices.flatMap((object) =>
      object.metadata.annotations?.[partKey(pair)] === undefined ? [] : [nameOf(object)],
    ),
  ]
  const parts = Object.fromEntries(marked.map((name) => [name, { [partKey(pair)]: part }]))
  const holding = snapshot.virtualServices.find((object) => nameOf(object) === holder)
  const command = holding?.metadata.annotations?.[commandKey(pair)]
  // Only a command that was obeyed is taken away: one that came meanwhile must still be read.
  const obeyed = command !== undefined && command === note.obeyedCommand
  return {
    ...parts,
    [holder]: { [stateKey(pair)]: note.state, ...(obeyed ? { [commandKey(pair)]: null } : {}) },
  }
}

/** The object that holds the state comes last where the share rises, first in a roll-back. */
function toRoutePlan(
  snapshot: IstioSnapshot,
  pair: Pair,
  change: RouteChange,
  plan: Plan,
  holder: string | null,
): RoutePlan {
  if (!plan.ok) return plan
  const isHolder = (write: Write) => refText(write.ref) === holder
  const own = plan.writes.filter(isHolder)
  const others = plan.writes.filter((write) => !isHolder(write))
  const after = applyWrites(snapshot, plan.writes)
  return {
    ok: true,
    writes: (change.kind === 'put-back' ? [...own, ...others] : [...others, ...own]).map(toIstioWrite),
    warnings: plan.warnings,
    after: toIstioSnapshot(after),
    holder,
    creates: change.kind === 'prepare' ? newSubsets(snapshot, after, pair) : [],
  }
}

function newSubsets(before: RoutingSnapshot, after: RoutingSnapshot, pair: Pair): string[] {
  const names = (snapshot: RoutingSnapshot) =>
    effectiveDestinationRules(snapshot, pair).subsets.map(({ name }) => name)
  const known = new Set(names(before))
  return names(after).filter((name) => !known.has(name))
}

function toIstioWrite(request: Write): IstioWrite {
  const movesTraffic =
    request.action === 'create' ||
    request.patch.some(({ op, path }) => op !== 'test' && path.startsWith('/spec'))
  return {
    backend,
    request,
    object: refText(request.ref),
    action: request.action,
    summary: request.summary,
    movesTraffic: movesTraffic && request.ref.kind === 'VirtualService',
    patch: request.action === 'patch' ? request.patch : null,
  }
}

function nameOf(object: KubeObject): string {
  return refText(refOf(object))
}
