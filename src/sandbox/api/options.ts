import type { Access } from '../cluster/access.ts'
import type { Store } from '../cluster/store.ts'
import type { Faults } from '../http/faults.ts'
import type { LoggedRequest } from '../http/request-log.ts'

/** ApiServerOptions are what an API server serves, to whom, and what goes wrong with it. */
export interface ApiServerOptions {
  store: Store
  access: Access
  faults: Faults
  log: LoggedRequest[]
  now(): number
  /** Base URL of what stands behind a Service; null where nothing does. */
  backend(namespace: string, service: string): string | null
}
