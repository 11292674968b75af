import type {
  HostPolicy,
  JsonObject,
  JsonPatchOperation,
  KubeObject,
  ServiceView,
  WorkloadsSnapshot,
} from '../release/kubernetes.ts'
import type { RouteChoice, VersionSplit } from '../release/request.ts'
import type { PreviewChoice } from '../release/settings.ts'
import type { Problem } from './problem.ts'
import type { Reach } from './reach.ts'

/** RouteTarget is the host whose traffic is moved, and which of its rules and Services are meant. */
export interface RouteTarget {
  namespace: string
  service: string
  clusterDomain: string
  /** Rules to look at; all of them where absent. */
  routes?: readonly RouteChoice[]
  /** Resolved names of the versions' own Services, where routes tell versions apart by those. */
  hosts?: readonly string[]
  /**
   * Labels of what runs behind the Service, pods and pod templates: a destination that selects the pods of one version
   * belongs to it, whatever its labels are. Absent: nobody could be asked, as for files.
   */
  versions?: readonly { version: string | null; labels: Readonly<Record<string, string>> }[]
  /** Labels by which destinations select versions whose pods have no label `version` that says them; absent: by that one. */
  labels?: readonly { version: string; labels: Readonly<Record<string, string>> }[]
}

/** VersionSide is one version as the routes name it. */
export interface VersionSide {
  version: string
  /** The backend's own name of the destination that selects the version: kept in the state, never interpreted. */
  destination: string
  /** Resolved name of the version's own Service; absent where versions share one. */
  host?: string
}

/** VersionPair is the two versions between which the target's traffic is split; a first version is a pair with itself. */
export interface VersionPair extends RouteTarget {
  stable: VersionSide
  canary: VersionSide
  /** After a promotion, in a roll-back: rules that send only to the canary's version belong to the pair too. */
  everywhere?: boolean
}

/** StickyCookie keeps a user who met the canary on it; a cookie of another release says nothing. */
export interface StickyCookie {
  /** Name of the cookie. */
  cookie: string
  /** Seconds that the user's browser keeps it. */
  maxAge: number
  /** Id of the release. */
  release: string
}

/** RouteChange is one change of the routes: the closed set of all that a release ever does to them. */
export type RouteChange =
  /** Both versions get a destination; nobody's traffic moves. */
  | { kind: 'prepare' }
  /** All of the pair's traffic on stable, by name. `retired`: destinations of earlier releases that make room. */
  | { kind: 'pin'; retired: readonly string[]; service: ServiceView | null }
  /** The canary's share in percent (0–100, at most six decimals); `sticky` null: no user is kept on it. */
  | { kind: 'share'; percent: number; sticky: StickyCookie | null }
  /** Requests that testers mark reach the canary; null ends that. */
  | { kind: 'preview'; testers: PreviewChoice | null }
  /** Percent of the requests that are copied to the canary; 0 ends that. `restore` as in `put-back`. */
  | { kind: 'mirror'; percent: number; restore: JsonObject | null }
  /**
   * All of the pair's traffic back on stable: as `restorePoint` kept it, else on the scale that routes have now.
   * `everywhere`: also of rules that send only to the canary's version, as after a promotion.
   */
  | { kind: 'put-back'; restore: JsonObject | null; everywhere?: boolean }
  /** A destination that no rule gives anything any more goes away: split by host, the canary's, out of the rules. */
  | { kind: 'clean-up'; destination: string }
  /** The release's state alone. */
  | { kind: 'state' }
  /** A command for the release whose state lies on `holder`. */
  | { kind: 'command'; holder: string; text: string }

/** StateNote is what a change writes beside the routes, in the same patch. */
export interface StateNote {
  /** Text of the release's state, for the object that holds it. */
  state: string
  /** Object that holds the state already; null: the backend chooses one. */
  holder: string | null
  /** What every other object of the release carries, with the holder's name added; null takes it away. */
  part: JsonObject | null
  /** Text of the command that was obeyed: it is taken away where it is still that one. */
  obeyedCommand: string | null
}

/** StoredNote is what a release left on one object; each text null where there is none. */
interface StoredNote {
  object: string
  state: string | null
  part: string | null
  command: string | null
}

/** RouteSnapshot is all routing that could be read at one moment. Only the backend that made it looks into it. */
export interface RouteSnapshot {
  readonly backend: string
}

/** RouteWrite is one planned write. Only the backend that planned it can carry it out. */
export interface RouteWrite {
  readonly backend: string
  /** As people write it: kind, namespace and name. */
  object: string
  action: 'create' | 'patch'
  summary: string
  /** It changes where requests go, or could: not only what a release notes on the object. */
  movesTraffic: boolean
  /** For the record; null for a creation. */
  patch: JsonPatchOperation[] | null
}

/** RoutePlan is every write that a change needs, in the order to send them, or why there is none: never half of it. */
export type RoutePlan =
  | {
      ok: true
      writes: RouteWrite[]
      warnings: Problem[]
      /** Routing as it will be. */
      after: RouteSnapshot
      /** The object that holds the state afterwards; null where the change carries none. */
      holder: string | null
      /** Destinations that come into being. */
      creates: string[]
    }
  | { ok: false; problems: Problem[] }

/** VersionShare is the traffic of one version, or of a destination that names none, over the target's routes. */
interface VersionShare {
  /** Resolved; where versions have Services of their own, it tells them apart. */
  host: string
  /** null: every version at once. */
  destination: string | null
  version: string | null
  /** Largest share 0–1 of the target's own traffic on any one route. */
  share: number
  /** Smallest. */
  least: number
}

/** RouteView is what the readable routes say about one target. */
export interface RouteView {
  /** Objects that send traffic to the target, each once. */
  objects: string[]
  /** Who holds the traffic, largest share first. */
  serving: VersionShare[]
  /** Names of the destinations that exist. */
  destinations: string[]
  /** Why the share should not be raised; a roll-back goes on all the same. */
  problems: Problem[]
  warnings: Problem[]
  /** destinationOf gives the destination of a version: an existing one that selects it, else the name to give it. */
  destinationOf(version: string): { name: string; exists: boolean }
}

/** OtherControllers are the objects by which other controllers move traffic; null: they could not be asked for. */
export interface OtherControllers {
  /** Flagger's; none where it isn't installed. */
  canaries: KubeObject[] | null
  /** Argo Rollouts'. */
  rollouts: KubeObject[] | null
}

/** OwnerFinding is somebody else who writes the objects of a release, or could. */
export interface OwnerFinding {
  level: 'error' | 'warning' | 'info' | 'skipped'
  problem: Problem
}

/** RoutingPlanner is the pure part of a backend: decisions over a snapshot. Nothing of it reads or writes. */
export interface RoutingPlanner {
  /** notes lists what releases of the target left on objects. */
  notes(snapshot: RouteSnapshot, target: RouteTarget): StoredNote[]
  /** view reads what sends traffic to the target, and what stands in the way. */
  view(snapshot: RouteSnapshot, target: RouteTarget): RouteView
  /** canaryShare gives the canary's smallest and largest share 0–1 of the pair's traffic over its routes, as written. */
  canaryShare(snapshot: RouteSnapshot, pair: VersionPair): { min: number; max: number }
  /** reach resolves every route of the pair's target through destinations to ready pods. */
  reach(snapshot: RouteSnapshot, pair: VersionPair, workloads: WorkloadsSnapshot): Reach
  /** restorePoint keeps what `put-back` needs to give every route its pinned weights, small enough for the state. */
  restorePoint(snapshot: RouteSnapshot, pair: VersionPair): JsonObject
  /** plan turns a change into writes; `note` goes with it in the same patches. Throws Failure `invalid-input`. */
  plan(snapshot: RouteSnapshot, pair: VersionPair, change: RouteChange, note?: StateNote | null): RoutePlan
  /** changedBy says who else changed what of the pair's between two snapshots (`before` null: since our last write). */
  changedBy(before: RouteSnapshot | null, now: RouteSnapshot, pair: VersionPair): string
  /**
   * hostSplit tells whether routes tell versions apart by Services of their own, and which those are. `choice` is
   * what the user asked for. Throws Failure `invalid-input` where that can't be told.
   */
  hostSplit(
    snapshot: RouteSnapshot,
    target: RouteTarget,
    choice: VersionSplit,
  ): { byHost: boolean; hosts: string[] }
  /** hostPolicy gives how the mesh's clients are to call the target's host; null: nothing says it of that host alone. */
  hostPolicy(snapshot: RouteSnapshot, target: RouteTarget): HostPolicy | null
  /** conflicts lists what contradicts itself or the workloads, before anything is written. */
  conflicts(snapshot: RouteSnapshot, target: RouteTarget, workloads: WorkloadsSnapshot): Problem[]
  /** owners tells who else writes the objects that a release of the target changes. `workloads`: names of Deployments. */
  owners(
    snapshot: RouteSnapshot,
    target: RouteTarget,
    others: OtherControllers,
    workloads: readonly string[],
  ): OwnerFinding[]
  /** diff shows a planned write as lines: `+` new, `-` gone, ` ` as it is. */
  diff(snapshot: RouteSnapshot, write: RouteWrite): string[]
  /** resultOf identifies the object that a write leaves behind: two writes that leave the same one have the same text. */
  resultOf(write: RouteWrite): string
}

/** RoutingPermission is one call. */
interface RoutingPermission {
  verb: string
  group: string
  resource: string
}

/**
 * Routing is one way to move traffic: what a rollout, its commands and the preflight need of it. Calls to the cluster
 * throw Failure: `not-found`, `forbidden`, `unauthorized`, `conflict` (lost race), `rejected` (the server says no),
 * `already-exists`, `kind-not-served`, `unreachable`, `timeout`, `server-error`, `aborted`.
 */
export interface Routing extends RoutingPlanner {
  /** Calls that a release makes in the target's namespace. */
  readonly permissions: readonly RoutingPermission[]
  /** The kind of object that a `hostPolicy` is, and the calls to make one and to remove it. */
  readonly hostPolicies: { kind: string; permissions: readonly RoutingPermission[] }
  /** inspectCommand is what a person runs to look at the routes of a namespace. */
  inspectCommand(namespace: string): string
  /** forgetCommand is what a person runs to take the state of a target's release off an object (as people write it). */
  forgetCommand(object: string, target: Pick<RouteTarget, 'namespace' | 'service'>): string
  /** read reads all routing that may be read. */
  read(namespace: string, signal: AbortSignal): Promise<RouteSnapshot>
  /** refresh reads again only what routes to the target. */
  refresh(snapshot: RouteSnapshot, target: RouteTarget, signal: AbortSignal): Promise<RouteSnapshot>
  /**
   * readByName asks by name for every object of a snapshot that concerns the target, and for those that a release of it
   * would make: requests of another kind than a list, to confirm what that lacks.
   */
  readByName(snapshot: RouteSnapshot, target: RouteTarget, signal: AbortSignal): Promise<RouteSnapshot>
  /** apply carries out a planned write and gives the server's warnings. */
  apply(write: RouteWrite, signal: AbortSignal): Promise<string[]>
  /**
   * dryRun asks the server whether it would take a write. `present`: the write was planned on what will be, and this is
   * what is there now; the whole object is asked for then.
   */
  dryRun(write: RouteWrite, present: RouteSnapshot | null, signal: AbortSignal): Promise<void>
}
