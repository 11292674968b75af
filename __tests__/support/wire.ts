import type { ReleaseState } from '../../src/release/state/state.ts'
import { decodeState } from '../../src/release/state/state-codec.ts'
import type { LoggedRequest } from '../../src/sandbox/http/request-log.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'

/** The annotation that holds a release of the scenarios' service. */
export const releaseKey = 'my-api.shop.shiftgate.io/release'

/** changes are the requests that asked the cluster to change something, whatever came of them. */
export function changes(sandbox: Sandbox): LoggedRequest[] {
  return sandbox.requests.filter(
    ({ server, method, path, query }) =>
      server === 'kubernetes' &&
      method !== 'GET' &&
      !path.includes('/selfsubject') &&
      !query.includes('dryRun=All'),
  )
}

/** routeWrites are the changes of VirtualServices that the cluster took. */
export function routeWrites(sandbox: Sandbox): LoggedRequest[] {
  return changes(sandbox).filter(({ path, status }) => path.includes('/virtualservices') && status < 300)
}

/** releaseIn reads the release that the cluster remembers; null where it remembers none. */
export function releaseIn(sandbox: Sandbox): ReleaseState | null {
  const text = sandbox.store
    .list('VirtualService', sandbox.scenario.namespace)
    .map(({ metadata }) => metadata.annotations?.[releaseKey])
    .find((found) => found !== undefined)
  return text === undefined ? null : decodeState(text)
}
