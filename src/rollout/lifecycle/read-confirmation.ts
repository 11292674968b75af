import type { Failure } from '../../release/failure.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { RouteSnapshot, RouteTarget, Routing } from '../../routing/routing.ts'
import { mayPass } from './patience.ts'

/** Waits (ms) before each further read of what would change the plan: it is believed when every one says the same. */
const confirmations = [2_000, 3_000, 5_000]
/** What contradicts nothing that is known is read once more: an empty list that is the first answer. */
const oneConfirmation = [2_000]

/**
 * How long (ms) a read that fails is tried again before a release is held: by a run that is to put traffic back as
 * long as that is worth it, for traffic is where it does harm.
 */
export const readPatience = { usual: 10_000, back: 60_000 } as const

/** retryWait is the wait (ms) before a read that failed so many times is tried again. */
export function retryWait(tried: number): number {
  return Math.min(Math.ceil(tried / 2), 5) * 1_000
}

/** RouteFacts is what a reading of the routes says that a plan stands on. */
interface RouteFacts {
  objects: readonly string[]
  destinations: readonly string[]
  /** Objects that carry the state of a release. */
  noted: readonly string[]
}

/** routeFacts reads a snapshot for one target. */
export function routeFacts(routing: Routing, snapshot: RouteSnapshot, target: RouteTarget): RouteFacts {
  const { objects, destinations } = routing.view(snapshot, target)
  const notes = routing.notes(snapshot, target)
  return {
    // Routes that name only the versions' own Services are routes of the target as well.
    objects: objects.length > 0 ? objects : routing.hostSplit(snapshot, target, 'auto').hosts,
    destinations,
    noted: notes.filter(({ state }) => state !== null).map(({ object }) => object),
  }
}

/**
 * routeConfirmation gives the waits (ms) after which `now` is read again before it is believed; none where it says
 * nothing odd. `before` is the reading before it in this process; null: it is the first. `written`: this process
 * wrote since, and may have taken destinations away itself.
 */
export function routeConfirmation(before: RouteFacts | null, now: RouteFacts, written: boolean): number[] {
  if (before === null) return now.objects.length === 0 ? oneConfirmation : []
  if (isMissing(before.objects, now.objects) || isMissing(before.noted, now.noted)) return confirmations
  if (!isMissing(before.destinations, now.destinations)) return []
  return written ? oneConfirmation : confirmations
}

/**
 * workloadConfirmation is the same for what runs: only that nothing is left is odd, for pods come and go, and that two
 * lists contradict each other.
 */
export function workloadConfirmation(before: WorkloadsSnapshot | null, now: WorkloadsSnapshot): number[] {
  if (isContradictory(now)) return confirmations
  if (before === null) return now.workloads.length === 0 ? oneConfirmation : []
  const gone = (list: (snapshot: WorkloadsSnapshot) => readonly unknown[]) =>
    list(before).length > 0 && list(now).length === 0
  const odd =
    (before.service !== null && now.service === null) ||
    gone(({ workloads }) => workloads) ||
    gone(({ pods }) => pods)
  return odd ? confirmations : []
}

/** No pod of a Deployment whose status counts ready ones, or pods of Deployments where no Deployment is listed. */
function isContradictory({ workloads, pods }: WorkloadsSnapshot): boolean {
  if (pods.length === 0) return workloads.some(({ readyReplicas }) => readyReplicas > 0)
  return workloads.length === 0 && pods.some(({ labels }) => labels['pod-template-hash'] !== undefined)
}

/** isPassingReadFailure tells whether a read that failed is tried again before a release is held. */
export function isPassingReadFailure(error: unknown): error is Failure {
  return mayPass(error) && error.code !== 'bad-certificate'
}

function isMissing(before: readonly string[], now: readonly string[]): boolean {
  return before.some((name) => !now.includes(name))
}
