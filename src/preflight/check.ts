import type { KubeObject, RoutingSnapshot, WorkloadsSnapshot } from '../release/kubernetes.ts'
import type { Finding } from '../release/record/record.ts'
import type { VersionRef } from '../release/state/state.ts'
import type { Pair, ReleasePlanInput, RouteModel } from '../routing/istio/routing.ts'

/** Permission is one question about the caller's rights, and its answer; null where it could not be asked. */
export interface Permission {
  verb: string
  group: string
  resource: string
  namespace: string
  allowed: boolean | null
}

/** Controllers are the objects by which others move traffic; null: they could not be asked for. */
export interface Controllers {
  /** Flagger's; none where it isn't installed. */
  canaries: KubeObject[] | null
  /** Argo Rollouts'. */
  rollouts: KubeObject[] | null
}

/** PreflightInput is all that the checks look at, read once before anything is written. Times in ms. */
export interface PreflightInput {
  namespace: string
  service: string
  stable: VersionRef | null
  canary: VersionRef
  routing: RoutingSnapshot
  routeModel: RouteModel
  workloads: WorkloadsSnapshot
  /** The two sides, as the release will have them. */
  pair: Pair
  /** All that the release will ask of the routes. */
  releasePlan: ReleasePlanInput
  controllers: Controllers
  permissions: Permission[]
  /** When the credential ends; null where that can't be seen. */
  tokenExpiry: number | null
  now: number
  /** The longest that a release can take with these settings. */
  longestRelease: number
  /** Traffic goes to the bare Service, so that ready canary pods already get their share. */
  unpinned: boolean
}

/** Check is one question asked before a release. It gives what it found; nothing where all is in order. */
export interface Check {
  id: string
  question: string
  find(facts: PreflightInput): Omit<Finding, 'id'>[]
}
