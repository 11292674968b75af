import type { MetricsFacts } from '../release/evidence/metrics-facts.ts'
import type { WorkloadsSnapshot } from '../release/kubernetes.ts'
import type { Finding } from '../release/record/record.ts'
import type { VersionRef } from '../release/state/state.ts'
import type { ReleaseRoutes } from '../routing/release-plan.ts'
import type {
  OtherControllers,
  RouteSnapshot,
  RouteView,
  RoutingPlanner,
  VersionPair,
} from '../routing/routing.ts'

/** Permission is one question about the caller's rights, and its answer; null where it could not be asked. */
export interface Permission {
  verb: string
  group: string
  resource: string
  namespace: string
  allowed: boolean | null
}

/** PreflightInput is all that the checks look at, read once before anything is written. Times in ms. */
export interface PreflightInput {
  namespace: string
  service: string
  stable: VersionRef | null
  canary: VersionRef
  planner: RoutingPlanner
  routing: RouteSnapshot
  routes: RouteView
  workloads: WorkloadsSnapshot
  /** The two sides, as the release will have them. */
  pair: VersionPair
  /** All that the release will ask of the routes. */
  releaseRoutes: ReleaseRoutes
  controllers: OtherControllers
  permissions: Permission[]
  /** What Prometheus has about the host; null where no Prometheus was given. */
  metrics: MetricsFacts | null
  /** How far behind the present is asked, ms; `auto`: as late as the store is. */
  metricsLag: number | 'auto'
  /** By how many ms the API server's clock is ahead of ours; null where it doesn't show it. */
  clusterClockSkew: number | null
  /** When the credential ends; null where that can't be seen. */
  tokenExpiry: number | null
  now: number
  /** The longest that a release can take with these settings. */
  longestRelease: number
  /** Traffic goes to the bare Service, so that ready canary pods already get their share. */
  unpinned: boolean
}

/** CheckFinding is what one check found; the check's id is added to it. */
export type CheckFinding = Omit<Finding, 'id'>

/** Check is one question asked before a release. It gives what it found; nothing where all is in order. */
export interface Check {
  id: string
  question: string
  find(input: PreflightInput): CheckFinding[]
}
