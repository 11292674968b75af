/** SharedTraffic is what the routes give one destination; `share` 0–1. */
export interface SharedTraffic {
  version: string | null
  destination: string | null
  share: number
}

/** IdentityRefusal is why stable and canary can't be told, or can't be the two sides of a release: a code and its details. */
export type IdentityRefusal =
  /** A release of another version is in flight. */
  | { code: 'other-version'; id: string; version: string; weight: number; holder: string }
  /** The release in flight began with another image of the same version. */
  | { code: 'other-image'; id: string; version: string; began: string; runs: string }
  /** `seen`: versions that the Service does select; null: pods without the label. */
  | { code: 'not-deployed'; version: string; seen: readonly (string | null)[] }
  | { code: 'several-deployments'; version: string; deployments: readonly string[] }
  /** Versions are told apart by Services of their own, and this one has none. */
  | { code: 'no-own-service'; version: string }
  /** Stable has no Deployment any more. `shared`: its last pods are the canary's Deployment's. */
  | { code: 'stable-replaced'; stable: string; canary: string; workload: string; shared: boolean }
  | { code: 'divided-routes'; serving: readonly SharedTraffic[] }
  /** Several versions run, and no route names one. */
  | { code: 'several-versions'; versions: readonly string[] }
  /** What serves has no version label. */
  | { code: 'unlabelled-pods'; namespace: string; workload: string }
