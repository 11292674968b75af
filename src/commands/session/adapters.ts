import type { Clock } from '../../release/clock.ts'
import type { Json, KubeObject } from '../../release/kubernetes.ts'
import type { Request } from '../../release/request.ts'
import type {
  LeasePort,
  MetricsPort,
  ObjectsPort,
  ProbePort,
  WatchdogPort,
  WorkloadsPort,
} from '../../rollout/ports.ts'
import type { Routing } from '../../routing/routing.ts'

/** PermissionQuestion asks whether the caller may make a call. */
interface PermissionQuestion {
  verb: string
  group: string
  resource: string
  namespace: string
}

/** ClusterPort is what commands need of a cluster, beside what a rollout needs of it. */
interface ClusterPort extends WorkloadsPort, LeasePort, WatchdogPort, ObjectsPort {
  /** Name of the cluster, as people know it. */
  name: string
  /** can answers the questions in order. It throws Failure where the server answers none. */
  can(questions: readonly PermissionQuestion[], signal: AbortSignal): Promise<boolean[]>
  /** get reads any object by its path; null where it doesn't exist. */
  get(path: string, signal: AbortSignal): Promise<Json | null>
  /** list reads any whole list by its path. */
  list(path: string, signal: AbortSignal): Promise<KubeObject[]>
  /** serverTime gives the API server's clock, to the second, in ms since the epoch; null where it doesn't show it. */
  serverTime(signal: AbortSignal): Promise<number | null>
  /** tokenExpiry gives when the credential ends, in ms since the epoch; null where that can't be seen. */
  tokenExpiry(): number | null
}

/** PullRequests is what publishing needs of a forge. */
export interface PullRequests {
  findPullRequest(signal: AbortSignal): Promise<{ number: number } | null>
  findCommented(marker: string, since: number, signal: AbortSignal): Promise<number | null>
  upsertComment(number: number, marker: string, body: string, signal: AbortSignal): Promise<{ url: string }>
}

/** Adapters are the ways to the outside of one run, as far as commands use them. */
export interface Adapters {
  cluster: ClusterPort
  /** How traffic is moved there. */
  routing: Routing
  /** null: the request names no Prometheus. */
  metrics: MetricsPort | null
  /** probe asks an address of the user's own. */
  probe: ProbePort
  /** null: the request names no repository. */
  forge: PullRequests | null
  clock: Clock
  /** isDeadHolder tells whether a holder was a process of this machine that has ended; false where unknown. */
  isDeadHolder(holder: string): boolean
  /** secrets are the values to mask in any output; more can come when credentials are renewed. */
  secrets(): string[]
  /** close ends what stays open. */
  close(): void
}

/** OpenAdapters opens what a request needs. It throws Failure; nobody was asked to change anything then. */
export type OpenAdapters = (
  request: Request,
  options: {
    env: Readonly<Record<string, string | undefined>>
    userAgent: string
    random(): number
  },
) => Promise<Adapters>
