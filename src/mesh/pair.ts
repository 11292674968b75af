/** Scope is the host whose routes are looked at. */
export interface Scope {
  namespace: string
  service: string
  clusterDomain: string
}

/** Side is one version of the pair, as a DestinationRule subset selects it. */
export interface Side {
  version: string
  /** Subset name: existing one that selects the version by its labels, else the one to create. */
  subset: string
}

/** Pair is the host's two versions between which traffic is divided. */
export interface Pair extends Scope {
  stable: Side
  canary: Side
}
