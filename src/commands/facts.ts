import type { Facts, Permission } from '../preflight/check.ts'
import type { Settings } from '../release/settings.ts'
import type { Identity } from '../rollout/identity.ts'
import type { Scene, Workplace } from './workplace.ts'

/** The calls that a release makes in its own namespace; also what the README's Role allows. */
const needed: readonly Pick<Permission, 'verb' | 'group' | 'resource'>[] = [
  ...(['list', 'get', 'create', 'patch', 'update'] as const).flatMap((verb) =>
    (['virtualservices', 'destinationrules'] as const).map((resource) => ({
      verb,
      group: 'networking.istio.io',
      resource,
    })),
  ),
  { verb: 'get', group: '', resource: 'services' },
  { verb: 'list', group: '', resource: 'pods' },
  { verb: 'list', group: 'apps', resource: 'deployments' },
  ...(['get', 'create', 'patch'] as const).map((verb) => ({
    verb,
    group: 'coordination.k8s.io',
    resource: 'leases',
  })),
]

/** gatherFacts reads what the preflight checks look at. */
export async function gatherFacts(
  work: Workplace,
  scene: Scene,
  identity: Extract<Identity, { kind: 'start' | 'initial' }>,
  signal: AbortSignal,
): Promise<Facts> {
  const { request, doors } = work
  return {
    namespace: request.namespace,
    service: request.service,
    stable: identity.kind === 'start' ? identity.stable : null,
    canary: identity.canary,
    routing: scene.routing,
    understanding: scene.understanding,
    workloads: scene.workloads,
    permissions: await askPermissions(work, signal),
    tokenExpiry: doors.cluster.tokenExpiry(),
    now: doors.clock.now(),
    longestWay: longestWay(request.settings),
    unpinned: identity.kind === 'start' && identity.unpinned,
  }
}

async function askPermissions({ doors, request }: Workplace, signal: AbortSignal): Promise<Permission[]> {
  const questions = needed.map((question) => ({ ...question, namespace: request.namespace }))
  try {
    const answers = await doors.cluster.can(questions, signal)
    return questions.map((question, index) => ({ ...question, allowed: answers[index] ?? null }))
  } catch {
    // A server that answers no such questions says nothing about the rights themselves.
    return questions.map((question) => ({ ...question, allowed: null }))
  }
}

/** longestWay is the longest time (ms) that a release can take: every step to its timeout, every wait to its end. */
export function longestWay(settings: Settings): number {
  const steps = settings.steps.length
  return (
    settings.settleMin +
    steps * (settings.capacityTimeout + settings.settleTimeout + settings.stepTimeout) +
    settings.finalDuration
  )
}
