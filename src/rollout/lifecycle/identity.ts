import type { Workload, WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { IdentityRefusal } from '../../release/outcome/identity-refusal.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import { rollsBack } from '../../release/state/phases.ts'
import type { ReleaseState, VersionRef } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import type { RouteView } from '../../routing/routing.ts'

/** VersionHosts is the resolved name of each version's own Service, where routes tell versions apart by those. */
export type VersionHosts = ReadonlyMap<string, string>

/** VersionRequest is what the caller asked for. */
interface VersionRequest {
  version: string
  stableVersion: string | null
}

/** Identity is who is who: the answer to "which version is stable, which the canary?". */
export type Identity =
  | { kind: 'start'; stable: VersionRef; canary: VersionRef; unpinned: boolean }
  | { kind: 'initial'; canary: VersionRef }
  | { kind: 'resume'; state: ReleaseState }
  | { kind: 'already'; version: string }
  | { kind: 'refused'; reason: ReasonCode; refusal: IdentityRefusal }

/**
 * identify finds out who is who, from the annotation, the routes and the workloads, in this order: a release
 * in flight is what it says it is; else stable is the given version, else what the annotation promoted, else
 * the one version that holds all of the traffic, else the only other version that runs.
 */
export function identify(
  request: VersionRequest,
  state: ReleaseState | null,
  routes: RouteView,
  workloads: WorkloadsSnapshot,
  hosts: VersionHosts | null = null,
): Identity {
  const canary = sideOf(request.version, routes, workloads, hosts)
  if (inFlight(state)) return resumeOrRefuse(request.version, state, canary)
  if ('refused' in canary) return refused(canary.refused)
  const stable = findStable(request, state, routes, workloads, hosts)
  if (stable.kind === 'refused') return stable
  if (stable.kind === 'none') return { kind: 'initial', canary }
  if (stable.version === request.version) return { kind: 'already', version: request.version }
  const side = sideOf(stable.version, routes, workloads, hosts)
  if ('refused' in side) return withoutStable(stable.version, canary, side.refused, workloads)
  return { kind: 'start', stable: side, canary, unpinned: stable.unpinned }
}

/** The commonest way to lose stable's Deployment is to deploy the new version into it. */
function withoutStable(
  version: string,
  canary: VersionRef,
  refusal: IdentityRefusal,
  { workloads, pods }: WorkloadsSnapshot,
): Identity {
  if (workloads.some((workload) => workload.version === version)) return refused(refusal)
  const shared = pods.some((pod) => pod.version === version && pod.workload === canary.workload)
  return refused({
    code: 'stable-replaced',
    stable: version,
    canary: canary.version,
    workload: canary.workload,
    shared,
  })
}

function resumeOrRefuse(
  version: string,
  state: ReleaseState,
  canary: VersionRef | { refused: IdentityRefusal },
): Identity {
  const { id, weight, holder } = state
  if (state.canary.version !== version) {
    return refused({ code: 'other-version', id, version: state.canary.version, weight, holder })
  }
  // A canary whose Deployment is gone meanwhile still has its traffic: going on is what takes it out.
  // What takes the traffic over gets its image only then, and is looked at before it does.
  // What goes back may have its image before again.
  const made = state.phase !== 'preparing' && !rollsBack(state.phase) && takeoverOf(state) === null
  if (made && !('refused' in canary) && state.canary.image !== canary.image) {
    return refused({ code: 'other-image', id, version, began: state.canary.image, runs: canary.image })
  }
  return { kind: 'resume', state }
}

/** StableFound is which version serves now; `none` where none does. `unpinned`: a route names no version. */
type StableFound =
  | { kind: 'version'; version: string; unpinned: boolean }
  | { kind: 'none' }
  | Extract<Identity, { kind: 'refused' }>

/** findStable tells which version serves now, whatever is to come: see `identify` for the order. */
export function findStable(
  request: VersionRequest,
  state: ReleaseState | null,
  routes: RouteView,
  workloads: WorkloadsSnapshot,
  hosts: VersionHosts | null = null,
): StableFound {
  const serving = servingSides(routes, hosts)
  const unpinned = serving.length === 0 || serving.some((entry) => !entry.named)
  if (request.stableVersion !== null) return { kind: 'version', version: request.stableVersion, unpinned }
  const remembered = state === null ? null : state.phase === 'promoted' ? state.canary : state.stable
  const whole = serving.length === 1 ? serving[0] : undefined
  if (remembered && whole?.named && hosts === null && whole.destination === remembered.destination) {
    return { kind: 'version', version: remembered.version, unpinned: false }
  }
  if (whole?.version) return { kind: 'version', version: whole.version, unpinned: false }
  if (serving.some((entry) => entry.named)) return refused({ code: 'divided-routes', serving })
  return onlyOtherVersion(request.version, workloads)
}

/** A destination names a version by its name, or by its host where versions have Services of their own. */
function servingSides(routes: RouteView, hosts: VersionHosts | null) {
  return routes.serving
    .filter((entry) => entry.share > 0)
    .map((entry) => {
      const own = [...(hosts ?? [])].find(([, host]) => host === entry.host)?.[0] ?? null
      return { ...entry, version: entry.version ?? own, named: entry.destination !== null || own !== null }
    })
}

function onlyOtherVersion(canary: string, workloads: WorkloadsSnapshot): StableFound {
  const ready = (workload: Workload) => workload.readyReplicas > 0
  const others = workloads.workloads.filter((workload) => workload.version !== canary && ready(workload))
  const unlabelled = others.find((workload) => workload.version === null)
  if (unlabelled) {
    return refused({
      code: 'unlabelled-pods',
      namespace: unlabelled.namespace,
      workload: unlabelled.name,
    })
  }
  const versions = [...new Set(others.map((workload) => workload.version as string))]
  if (versions.length === 0) return { kind: 'none' }
  if (versions.length === 1) return { kind: 'version', version: versions[0] as string, unpinned: true }
  return refused({ code: 'several-versions', versions })
}

/** sideOf gives one version's destination, Deployment and image, or why it can't be one side of a release. */
export function sideOf(
  version: string,
  routes: RouteView,
  workloads: WorkloadsSnapshot,
  hosts: VersionHosts | null = null,
): VersionRef | { refused: IdentityRefusal } {
  const owners = workloads.workloads.filter((workload) => workload.version === version)
  if (owners.length === 0) {
    const seen = [...new Set(workloads.workloads.map((workload) => workload.version))]
    return { refused: { code: 'not-deployed', version, seen } }
  }
  if (owners.length > 1) {
    const deployments = owners.map((workload) => workload.name)
    return { refused: { code: 'several-deployments', version, deployments } }
  }
  const owner = owners[0] as Workload
  const host = hosts?.get(version)
  if (hosts !== null && host === undefined) return { refused: { code: 'no-own-service', version } }
  const destination = routes.destinationOf(version).name
  const side = { version, destination, workload: owner.name, image: owner.image }
  return host === undefined ? side : { ...side, host }
}

/** Another release in flight is in the way; everything else is missing from the cluster, or not clear in it. */
function refused(refusal: IdentityRefusal): Extract<Identity, { kind: 'refused' }> {
  const another = refusal.code === 'other-version' || refusal.code === 'other-image'
  return { kind: 'refused', reason: another ? 'release-in-flight' : 'target-not-ready', refusal }
}
