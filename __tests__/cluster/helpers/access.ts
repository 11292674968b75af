import { stringify } from 'yaml'
import { type Cluster, type ConnectOptions, connect } from '../../../src/cluster/cluster.ts'
import type { ClusterAccess } from '../../../src/release/request.ts'
import { shortSleep } from '../../support/short-sleep.ts'

/** kubeconfig writes one with a single context `prod`. */
export function kubeconfig(
  cluster: Record<string, unknown>,
  user: Record<string, unknown> = { token: 'sesame-1' },
  context: Record<string, unknown> = {},
): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'prod',
    contexts: [{ name: 'prod', context: { cluster: 'c1', user: 'u1', ...context } }],
    clusters: [{ name: 'c1', cluster }],
    users: [{ name: 'u1', user }],
  })
}

export function contentAccess(value: string, context: string | null = null): ClusterAccess {
  return { kubeconfig: { from: 'content', value }, context }
}

export const options: ConnectOptions = {
  env: {},
  userAgent: 'shiftgate/test',
  random: () => 0.5,
  sleep: shortSleep,
}

/** connectTo connects to a test server with a token. */
export function connectTo(
  url: string,
  { token = 'sesame-1', ...more }: Partial<ConnectOptions> & { token?: string } = {},
): Promise<Cluster> {
  return connect(contentAccess(kubeconfig({ server: url }, { token })), { ...options, ...more })
}
