import type { CanaryWorkload, Promotion, VersionRef } from '../../release/state/state.ts'

/** ReleaseStart is who is who when a release starts; stable is null for a service's first version. */
export interface ReleaseStart {
  stable: VersionRef | null
  canary: VersionRef
  /** Seeds the release id. */
  runId: string
  /** Fencing number of the release before; 0 where there was none. */
  fencingToken: number
  /** What earlier releases left: their promoted versions, newest first. */
  history: Promotion[]
  /** Destinations that earlier releases of ours left at 0: they make room for the canary. */
  retired: string[]
  /** Versions that gave way to this release; absent: none. */
  superseded?: string[]
  /** The canary that the release makes; absent: it is deployed already. */
  workload?: CanaryWorkload
  /** Who asked for the image before, without its being judged; absent: it is judged. */
  unjudged?: { by: string }
  /** Destinations that earlier releases made; absent: none. */
  createdDestinations?: string[]
}

/** releaseId names a release: it belongs to the release, whichever run goes on with it. */
export function releaseId(service: string, version: string, runId: string): string {
  return `${service}-${version}-${runId}`
}
