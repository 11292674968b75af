import type { Workload, WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import type { ReleaseState, VersionRef } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
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
  | { kind: 'refused'; reason: ReasonCode; text: string }

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
  if ('refused' in canary) return refused('target-not-ready', canary.refused)
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
  why: string,
  { workloads, pods }: WorkloadsSnapshot,
): Identity {
  if (workloads.some((workload) => workload.version === version)) return refused('target-not-ready', why)
  const shared = pods.some((pod) => pod.version === version && pod.workload === canary.workload)
  const what = shared
    ? `Versions ${version} and ${canary.version} are one Deployment (${canary.workload}): it is replacing the one by the other right now.`
    : `${version} serves by the routes, but no Deployment behind the Service has its pods: was ${canary.version} deployed into the same Deployment (${canary.workload})?`
  return refused(
    'target-not-ready',
    `${what} A canary needs a Deployment of its own beside stable's: name one per version (${canary.workload}-${canary.version}), and bring ${version} back.`,
  )
}

function resumeOrRefuse(
  version: string,
  state: ReleaseState,
  canary: VersionRef | { refused: string },
): Identity {
  if (state.canary.version !== version) {
    return refused(
      'release-in-flight',
      `Release ${state.id} of version ${state.canary.version} is in flight at ${state.weight}% (held by ${state.holder}). Wait for it, or end it and start this one.`,
    )
  }
  // A canary whose Deployment is gone meanwhile still has its traffic: going on is what takes it out.
  if (!('refused' in canary) && state.canary.image !== canary.image) {
    return refused(
      'release-in-flight',
      `Release ${state.id} began with image ${state.canary.image}, but version ${version} now runs ${canary.image}. What was measured no longer speaks for what runs: end it, then release again.`,
    )
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
  if (serving.some((entry) => entry.named)) return ambiguous(serving)
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

function ambiguous(serving: RouteView['serving']): StableFound {
  const shares = serving.map(
    (entry) => `${entry.version ?? entry.destination ?? 'no version'} ${Math.round(entry.share * 100)}%`,
  )
  return refused(
    'target-not-ready',
    `Which version is stable can't be told: the routes divide traffic between ${shares.join(', ')}. Put all of it on one version, or say which with stable-version.`,
  )
}

function onlyOtherVersion(canary: string, workloads: WorkloadsSnapshot): StableFound {
  const ready = (workload: Workload) => workload.readyReplicas > 0
  const others = workloads.workloads.filter((workload) => workload.version !== canary && ready(workload))
  const unlabelled = others.find((workload) => workload.version === null)
  if (unlabelled) return refused('target-not-ready', labelPatch(unlabelled))
  const versions = [...new Set(others.map((workload) => workload.version as string))]
  if (versions.length === 0) return { kind: 'none' }
  if (versions.length === 1) return { kind: 'version', version: versions[0] as string, unpinned: true }
  return refused(
    'target-not-ready',
    `Which version is stable can't be told: ${versions.join(', ')} all run and no route names one. Say which with stable-version.`,
  )
}

function labelPatch(workload: Workload): string {
  return `Deployment ${workload.namespace}/${workload.name} serves, but its pods have no "version" label, so no route can name them. Give them one first (this restarts its pods): kubectl -n ${workload.namespace} patch deployment ${workload.name} --type merge -p '{"spec":{"template":{"metadata":{"labels":{"version":"v1"}}}}}' (choose the version's real name; the selector stays as it is).`
}

/** sideOf gives one version's destination, Deployment and image, or why it can't be one side of a release. */
export function sideOf(
  version: string,
  routes: RouteView,
  workloads: WorkloadsSnapshot,
  hosts: VersionHosts | null = null,
): VersionRef | { refused: string } {
  const owners = workloads.workloads.filter((workload) => workload.version === version)
  if (owners.length === 0) return { refused: missing(version, workloads) }
  if (owners.length > 1) {
    const names = owners.map((workload) => workload.name).join(', ')
    return {
      refused: `Version ${version} is run by several Deployments (${names}). One Deployment per version is needed.`,
    }
  }
  const owner = owners[0] as Workload
  const host = hosts?.get(version)
  if (hosts !== null && host === undefined) {
    return {
      refused: `Routes tell versions apart by Services of their own, and none selects the pods of ${version} alone. Create one, with "version: ${version}" in its selector, or say "split: subset".`,
    }
  }
  const destination = routes.destinationOf(version).name
  const side = { version, destination, workload: owner.name, image: owner.image }
  return host === undefined ? side : { ...side, host }
}

function missing(version: string, workloads: WorkloadsSnapshot): string {
  const seen = [...new Set(workloads.workloads.map((workload) => workload.version ?? '(no version label)'))]
  const others = seen.length === 0 ? 'The Service selects no Deployment.' : `It selects: ${seen.join(', ')}.`
  return `No Deployment behind the Service has pods labelled version=${version}. ${others} Deploy it first; its pod template needs the label.`
}

function refused(reason: ReasonCode, text: string): Extract<Identity, { kind: 'refused' }> {
  return { kind: 'refused', reason, text }
}
