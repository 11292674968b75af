/** RouteSelector picks rules: every field that is given must fit. */
export interface RouteSelector {
  /** The rule's name. */
  name?: string
  /** A port that its match names. */
  port?: number
  /** An SNI host that its match names. */
  sni?: string
}

/** Scope is the host whose routes are looked at. */
export interface Scope {
  namespace: string
  service: string
  clusterDomain: string
  /** Where mesh-wide DestinationRules live; `istio-system` where omitted. */
  rootNamespace?: string
  /** Rules to look at; all of them where omitted. */
  routes?: readonly RouteSelector[]
  /** Split by host: the Services of single versions (resolved names), beside the one that callers name. */
  hosts?: readonly string[]
  /**
   * Labels of what runs behind the Service, pods and pod templates: a subset that selects the pods of one version
   * belongs to it, whatever its labels are. Absent: nobody could be asked, as for files.
   */
  versions?: readonly { version: string | null; labels: Readonly<Record<string, string>> }[]
  /** Labels by which subsets select versions whose pods have no label `version` that says them; absent: by that one. */
  labels?: readonly { version: string; labels: Readonly<Record<string, string>> }[]
}

/** Side is one version of the pair: a DestinationRule subset selects it, or a Service of its own. */
export interface Side {
  version: string
  /** Subset name: existing one that selects the version by its labels, else the one to create. */
  subset: string
  /** Split by host: resolved name of the Service of this version; `subset` is then only a name for people. */
  host?: string
}

/**
 * Pair is the host's two versions between which traffic is divided. Both sides the same version: nothing serves
 * yet, and this one is to get everything. Either both sides have a host, or none.
 */
export interface Pair extends Scope {
  stable: Side
  canary: Side
  /**
   * A roll-back after a promotion: routes that send only to the canary's version are the pair's as well, whatever
   * they match. Without it, they count as testers' routes while another route names stable.
   */
  everywhere?: boolean
  /**
   * A put-back: a destination named like the canary's subset is the canary's, although somebody gave the subset other
   * labels meanwhile. Without it, labels alone count.
   */
  canaryByName?: boolean
}

/** isInitial tells whether a pair is a first version on its own. */
export function isInitial(pair: Pair): boolean {
  return pair.stable.version === pair.canary.version
}

/** byHost tells whether a pair is split by host. */
export function byHost(pair: Pair): boolean {
  return pair.stable.host !== undefined
}
