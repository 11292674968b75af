/** Scope is the host whose routes are looked at. */
export interface Scope {
  namespace: string
  service: string
  clusterDomain: string
  /** Where mesh-wide DestinationRules live; `istio-system` where omitted. */
  rootNamespace?: string
}

/** Side is one version of the pair, as a DestinationRule subset selects it. */
export interface Side {
  version: string
  /** Subset name: existing one that selects the version by its labels, else the one to create. */
  subset: string
}

/**
 * Pair is the host's two versions between which traffic is divided. Both sides the same version: nothing serves
 * yet, and this one is to get everything.
 */
export interface Pair extends Scope {
  stable: Side
  canary: Side
}

/** isInitial tells whether a pair is a first version on its own. */
export function isInitial(pair: Pair): boolean {
  return pair.stable.version === pair.canary.version
}
