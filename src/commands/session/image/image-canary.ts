import type { KubeObject, ObjectKind, Workload, WorkloadsSnapshot } from '../../../release/kubernetes.ts'
import type { Request } from '../../../release/request.ts'
import type { ReleaseState, VersionRef } from '../../../release/state/state.ts'
import { inFlight } from '../../../release/state/state-codec.ts'
import { trackLabels, type WorkloadSides } from '../../../release/state/takeover.ts'
import { hostOf } from '../../../release/target.ts'
import { canaryReplicas, readinessOf } from '../../../rollout/decision/capacity.ts'
import type { VersionHosts } from '../../../rollout/lifecycle/identity.ts'
import { findStable } from '../../../rollout/lifecycle/identity.ts'
import { releaseId } from '../../../rollout/start/release-start.ts'
import type { RouteSnapshot, RouteView } from '../../../routing/routing.ts'
import { canaryName } from '../../../workloads/canary/in-place.ts'
import { type CanaryPlan, planCanary } from '../../../workloads/canary-plan.ts'
import { deploymentView, imagesOf } from '../../../workloads/deployment.ts'
import { toObjectName, versionInFlight } from '../../../workloads/image.ts'
import { policyKinds } from '../../../workloads/treated-apart.ts'
import type { CommandSession } from '../command-session.ts'
import { withSides } from './sided-workloads.ts'

/** AskedVersion is the version that a request is about, and what a release would make for it. */
export interface AskedVersion {
  /** null: the request names none. */
  version: string | null
  /** null: nothing is to be planned: no image is asked for, or its release is in flight. */
  plan: CanaryPlan | null
}

/** What stands behind the Service, what scales it, and what may treat two versions differently. */
const kinds: readonly ObjectKind[] = [
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Rollout',
  'Canary',
  'HorizontalPodAutoscaler',
  'ScaledObject',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'Service',
  ...policyKinds,
]

/** askedVersion finds out which version a request is about, and plans the canary of its image. */
export async function askedVersion(
  { request, session, adapters }: CommandSession,
  seen: {
    workloads: WorkloadsSnapshot
    routing: RouteSnapshot
    routes: RouteView
    state: ReleaseState | null
    hosts: VersionHosts | null
  },
  signal: AbortSignal,
): Promise<AskedVersion> {
  const { namespace, service, image, version, clusterDomain } = request
  const { workloads, routes, state, hosts } = seen
  if (image == null || workloads.service === null) return { version, plan: null }
  const ending = state?.reason === 'superseded' ? state.id : null
  if (inFlight(state)) {
    const own = { image: state.workload?.image ?? state.canary.image, version: state.canary.version }
    return { version: versionInFlight(image, version, own), plan: null }
  }
  const objects = await adapters.cluster.objects(namespace, kinds, signal)
  const asked = { version: '', stableVersion: request.stableVersion }
  const stable = findStable(asked, state, routes, workloads, hosts)
  const serving = stable.kind === 'version' ? stable.version : null
  const size = request.canaryReplicas ?? 'proportional'
  const [firstStep = 100] = session.settings.steps
  const plan = planCanary(
    { service: workloads.service, ...objects },
    {
      image,
      version,
      choice: request.workload ?? 'auto',
      copyPolicies: request.copyPolicies ?? false,
      size,
      serving,
      policy: session.routing.hostPolicy(seen.routing, { namespace, service, clusterDomain }),
      hostOf: (name) => serviceHost(request, name),
      ending,
      releaseId: (name) => releaseId(service, name, request.runId),
      replicas: (ofStable) => {
        const ready = serving === null ? ofStable : readinessOf(workloads, serving).ready
        // What is left because it fails may have few pods that are ready.
        if (request.command === 'rollback') return Math.max(ready, ofStable)
        return canaryReplicas(size, firstStep, ready)
      },
    },
  )
  return { version: plan.kind === 'refused' ? version : plan.version, plan }
}

/** withPlannedCanary puts the Deployment that a release would make beside those that are there. */
export function withPlannedCanary(seen: WorkloadsSnapshot, plan: CanaryPlan | null): WorkloadsSnapshot {
  if (plan?.kind !== 'make') return seen
  const borrowed = plan.workload.inPlace?.track?.workload
  const before =
    borrowed === undefined ? seen.workloads : seen.workloads.filter(({ name }) => name !== borrowed)
  const stable = seen.workloads.find(({ name }) => name === plan.workload.source)
  const made = plan.objects.find(({ kind }) => kind === 'Deployment')
  if (stable === undefined || made === undefined) return seen
  const planned = { ...seen, workloads: [...before, plannedWorkload(stable, made)] }
  const sides = plannedSides(plan)
  return sides === null ? planned : withSides(planned, null, sides)
}

/** serviceHost gives the resolved name of a Service beside the one that is released. */
function serviceHost({ namespace, clusterDomain }: Request, service: string): string {
  return hostOf({ namespace, service, clusterDomain, cluster: '' }).toLowerCase()
}

/** plannedSides says which Deployment runs which version, where their labels will not; null where they do. */
export function plannedSides(plan: CanaryPlan | null): WorkloadSides | null {
  if (plan?.kind !== 'make') return null
  const { inPlace, source, image } = plan.workload
  if (inPlace === undefined) return null
  const { track, stable } = inPlace
  const workload = track?.workload ?? canaryName({ name: source })
  const canary = { version: plan.version, destination: '', workload, image }
  const labels = trackLabels({ stable, canary, workload: plan.workload })
  return {
    versions: { [source]: stable.version, [workload]: plan.version },
    service: null,
    replacing: track === undefined ? null : { workload, image },
    ...(labels === null ? {} : { labels }),
  }
}

/** plannedPair is who is who in the release of a temporary canary; null for any other. */
export function plannedPair(
  plan: CanaryPlan | null,
  request: Request,
  routes: Pick<RouteView, 'destinationOf'>,
): { stable: VersionRef; canary: VersionRef } | null {
  if (plan?.kind !== 'make' || plan.workload.inPlace === undefined) return null
  const { inPlace } = plan.workload
  const made = plan.objects.find(({ kind }) => kind === 'Deployment')
  if (made === undefined) return null
  const { stable, service, track } = inPlace
  const canary = {
    version: plan.version,
    destination: plan.version,
    workload: made.metadata.name,
    image: imagesOf(deploymentView(made)),
  }
  if (track === undefined)
    return {
      stable,
      canary: { ...canary, ...(service === undefined ? {} : { host: serviceHost(request, service) }) },
    }
  // A destination that is to be made is named after what stays, not after the version of the day.
  const named = (version: string, value: string) => {
    const { name, exists } = routes.destinationOf(version)
    return { destination: exists ? name : toObjectName(value, 63) }
  }
  return {
    stable: { ...stable, ...named(stable.version, track.label.stable) },
    canary: { ...canary, ...named(canary.version, track.label.canary) },
  }
}

function plannedWorkload(stable: Workload, object: KubeObject): Workload {
  const view = deploymentView(object)
  return {
    ...stable,
    name: view.name,
    version: view.templateLabels.version ?? null,
    image: imagesOf(view),
    templateLabels: { ...view.templateLabels },
    replicas: view.replicas,
    readyReplicas: 0,
  }
}
