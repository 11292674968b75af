import type { CommandName } from './commands.ts'
import type { LabelMatcher } from './promql.ts'
import type { Settings } from './settings.ts'

/** ClusterAccess says how to reach the cluster. */
export interface ClusterAccess {
  kubeconfig: { from: 'path' | 'content'; value: string } | { from: 'default' }
  context: string | null
}

/** PrometheusAccess says how to reach Prometheus. Secrets in here never leave the metrics door. */
export interface PrometheusAccess {
  /** `http(s)://…` or `k8s://<namespace>/<service>:<port>`. */
  url: string
  bearerToken: string | null
  basic: { username: string; password: string } | null
  headers: Record<string, string>
  /** PEM of a CA to trust beside the system's; null: the system's. */
  ca: string | null
  /** Absolute path of a file with a bearer token, read anew on 401; absent: none. */
  tokenFile?: string
  /** Program and arguments that print a bearer token, run anew on 401; absent: none. */
  tokenCommand?: string[]
  /** Added to every selector of every query; absent: none. */
  match?: LabelMatcher[]
}

/** ForgeKind is a forge that pull requests can be on. */
export type ForgeKind = 'github'

/** ForgeAccess says how to reach the forge and what the run is about; null where there is no repository. */
export interface ForgeAccess {
  kind: ForgeKind
  token: string
  apiUrl: string
  serverUrl: string
  owner: string
  repository: string
  /** Commit that is released. */
  sha: string
  /** Number given by the user or by the event; null: look it up by commit. */
  pullRequest: number | null
  /** Branch that the commit is on, as a pull request's base would name it; null where it is on none yet. */
  branch: string | null
  /** true where the event is a pull request from a fork and its token is read-only for that. */
  fromFork?: boolean
}

/** VersionSplit is by what routes tell versions apart, as the option `split` names it. */
export type VersionSplit = 'auto' | 'subset' | 'host'

/** WorkloadChoice is how a canary is made of an image, as the option `workload` names it. */
export type WorkloadChoice = 'auto' | 'in-place' | 'per-version' | 'tracks'

/** CanarySize is how many replicas a canary gets, as the option `canary-replicas` says it. */
export type CanarySize = 'proportional' | 'match' | number

/** RouteChoice picks rules of the routes: every field that is given must fit. */
export interface RouteChoice {
  name?: string
  /** A port that the rule's match names. */
  port?: number
  /** An SNI host that the rule's match names. */
  sni?: string
}

/** Request is all that one run was asked to do, read once at the edge and checked. */
export interface Request {
  command: CommandName
  namespace: string
  service: string
  clusterDomain: string
  /** Version to release (the pod template's `version` label); null for commands that need none. */
  version: string | null
  stableVersion: string | null
  /** Image to release, or `container=image` pairs: the release makes the canary itself; null or absent: it is there. */
  image?: string | null
  /** How it makes the canary; absent: as `auto`. */
  workload?: WorkloadChoice
  /** How many replicas it gets; absent: as `proportional`. */
  canaryReplicas?: CanarySize
  /** Policies that are about stable's pods are copied for a temporary canary; absent: they refuse the release. */
  copyPolicies?: boolean
  /** By what routes tell versions apart; absent: as `auto`. */
  split?: VersionSplit
  /** Rules that are meant; null or absent: all that send traffic to the service. */
  routes?: RouteChoice[] | null
  /** `rollback` to this version; null: the one before. */
  toVersion: string | null
  cluster: ClusterAccess
  /** null for commands that read no metrics. */
  prometheus: PrometheusAccess | null
  forge: ForgeAccess | null
  settings: Settings
  /** Who acts: run URL and attempt, or host and process for a command line. Unique to a process's lifetime. */
  holder: string
  /** In the post step: who the main step was, as it saved it; absent: no post step, or nothing was saved. */
  mainHolder?: string
  runUrl: string | null
  /** Seeds the release id. */
  runId: string
  comment: boolean
  /** Write the report into the job's summary; absent means no. */
  summary?: boolean
  /** Folder for record and reports; absolute. */
  reportDir: string
  /** Address of the sandbox's clock, null for real time. */
  sandboxClock: string | null
}
