import type { Permission, PreflightInput } from '../../preflight/check.ts'
import { skewOf } from '../../release/clock.ts'
import { isFailure } from '../../release/failure.ts'
import type { KubeObject } from '../../release/kubernetes.ts'
import type { Settings } from '../../release/settings.ts'
import type { Identity } from '../../rollout/lifecycle/identity.ts'
import { pairOf } from '../../rollout/session.ts'
import { releaseRoutes } from '../../rollout/start/start.ts'
import type { OtherControllers, Routing } from '../../routing/routing.ts'
import type { CanaryPlan } from '../../workloads/canary-plan.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { readMetricsFacts } from './metrics-facts.ts'
import { releaseStartOf } from './release-start.ts'

/** The calls that a release makes in its own namespace, beside those of its routing; the README's Role allows them. */
const neededPermissions: readonly Pick<Permission, 'verb' | 'group' | 'resource'>[] = [
  { verb: 'get', group: '', resource: 'services' },
  { verb: 'list', group: '', resource: 'pods' },
  { verb: 'list', group: 'apps', resource: 'deployments' },
  ...(['get', 'create', 'patch'] as const).map((verb) => ({
    verb,
    group: 'coordination.k8s.io',
    resource: 'leases',
  })),
]

/** readPreflightInput reads what the preflight checks look at. */
export async function readPreflightInput(
  command: CommandSession,
  view: ClusterView,
  identity: Extract<Identity, { kind: 'start' | 'initial' }>,
  signal: AbortSignal,
): Promise<PreflightInput> {
  const { request, adapters } = command
  const start = releaseStartOf(command, identity, view)
  return {
    namespace: request.namespace,
    service: request.service,
    stable: identity.kind === 'start' ? identity.stable : null,
    canary: identity.canary,
    planner: command.session.routing,
    routing: view.routing,
    routes: view.routes,
    workloads: view.workloads,
    pair: pairOf(command.session.scope, { stable: start.stable, canary: start.canary }),
    releaseRoutes: releaseRoutes(request.settings, start, view.workloads),
    controllers: await readControllers(command, signal),
    permissions: await askPermissions(
      command,
      permissionsOf(view.asked.plan, command.session.routing.hostPolicies),
      signal,
    ),
    metrics: await readMetricsFacts(command, view, start, signal),
    metricsLag: command.request.settings.metricsLag,
    clusterClockSkew: await measureClusterClock(command, signal),
    tokenExpiry: adapters.cluster.tokenExpiry(),
    now: adapters.clock.now(),
    longestRelease: longestReleaseTime(request.settings),
    unpinned: identity.kind === 'start' && identity.unpinned,
  }
}

/** A server that shows no time says nothing about clocks. */
async function measureClusterClock(
  { adapters }: CommandSession,
  signal: AbortSignal,
): Promise<number | null> {
  const asked = adapters.clock.now()
  const shown = await adapters.cluster.serverTime(signal).catch(() => null)
  return skewOf(shown, asked, adapters.clock.now())
}

const otherControllers = { canaries: 'flagger.app', rollouts: 'argoproj.io' } as const

/** Which groups are served tells what is installed: to list what isn't would be forbidden rather than unknown. */
async function readControllers(command: CommandSession, signal: AbortSignal): Promise<OtherControllers> {
  const { cluster } = command.adapters
  const served = await cluster.get('/apis', signal).catch(() => null)
  const groups = (served as { groups?: ApiGroup[] } | null)?.groups
  const list = async (plural: keyof typeof otherControllers): Promise<KubeObject[] | null> => {
    if (!Array.isArray(groups)) return null
    const version = groups.find(({ name }) => name === otherControllers[plural])?.preferredVersion
      ?.groupVersion
    if (version === undefined) return []
    const path = `/apis/${version}/namespaces/${command.request.namespace}/${plural}`
    try {
      return await cluster.list(path, signal)
    } catch (error) {
      // The group is served, this kind of it isn't.
      return isFailure(error, 'not-found', 'kind-not-served') ? [] : null
    }
  }
  return { canaries: await list('canaries'), rollouts: await list('rollouts') }
}

interface ApiGroup {
  name?: string
  preferredVersion?: { groupVersion?: string }
}

/** The calls that a release makes beside, where it makes its canary itself. */
function permissionsOf(plan: CanaryPlan | null, hostPolicies: Routing['hostPolicies']) {
  if (plan?.kind !== 'make') return []
  const ask = (group: string, resource: string, verbs: readonly string[]) =>
    verbs.map((verb) => ({ verb, group, resource }))
  const deployments = ask('apps', 'deployments', ['get', 'create', 'patch', 'delete'])
  if (plan.workload.inPlace?.track !== undefined) return ask('apps', 'deployments', ['get', 'patch'])
  if (plan.workload.inPlace === undefined) return deployments
  return [...deployments, ...ask('', 'services', ['create', 'delete']), ...hostPolicies.permissions]
}

async function askPermissions(
  { adapters, request, session }: CommandSession,
  more: readonly Pick<Permission, 'verb' | 'group' | 'resource'>[],
  signal: AbortSignal,
): Promise<Permission[]> {
  const needed = [...session.routing.permissions, ...neededPermissions, ...more]
  const questions = needed.map((question) => ({ ...question, namespace: request.namespace }))
  try {
    const answers = await adapters.cluster.can(questions, signal)
    return questions.map((question, index) => ({ ...question, allowed: answers[index] ?? null }))
  } catch {
    // A server that answers no such questions says nothing about the rights themselves.
    return questions.map((question) => ({ ...question, allowed: null }))
  }
}

function preTrafficTime({
  preview,
  mirror,
  preTrafficDuration,
  minStepDuration,
  settleMin,
}: Settings): number {
  const phases = [preview, mirror].filter((phase) => phase !== undefined).length
  return phases * ((preTrafficDuration ?? minStepDuration) + settleMin)
}

/** longestReleaseTime is the longest time (ms) that a release can take: every step to its timeout, every wait to its end. */
function longestReleaseTime(settings: Settings): number {
  const steps = settings.steps.length
  return (
    settings.settleMin +
    steps * (settings.capacityTimeout + settings.settleTimeout + settings.stepTimeout) +
    preTrafficTime(settings) +
    settings.finalDuration
  )
}
