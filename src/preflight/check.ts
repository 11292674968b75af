import type { Understanding } from '../mesh/routing.ts'
import type { RoutingSnapshot, WorkloadsSnapshot } from '../release/kubernetes.ts'
import type { Finding } from '../release/record.ts'
import type { VersionRef } from '../release/state.ts'

/** Permission is one question about the caller's rights, and its answer; null where it could not be asked. */
export interface Permission {
  verb: string
  group: string
  resource: string
  namespace: string
  allowed: boolean | null
}

/** Facts is all that the checks look at, read once before anything is written. Times in ms. */
export interface Facts {
  namespace: string
  service: string
  stable: VersionRef | null
  canary: VersionRef
  routing: RoutingSnapshot
  understanding: Understanding
  workloads: WorkloadsSnapshot
  permissions: Permission[]
  /** When the credential ends; null where that can't be seen. */
  tokenExpiry: number | null
  now: number
  /** The longest that a release can take with these settings. */
  longestWay: number
  /** Traffic goes to the bare Service, so that ready canary pods already get their share. */
  unpinned: boolean
}

/** Check is one question asked before a release. It gives what it found; nothing where all is in order. */
export interface Check {
  id: string
  question: string
  find(facts: Facts): Omit<Finding, 'id'>[]
}
