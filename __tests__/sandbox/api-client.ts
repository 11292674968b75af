import { adminToken } from '../../src/sandbox/cluster/access.ts'
import { type SandboxCluster, startCluster } from '../../src/sandbox/cluster/cluster.ts'
import type { LoggedRequest } from '../../src/sandbox/http/request-log.ts'
import { createClock } from '../../src/sandbox/time/clock.ts'
import { createRandom } from '../../src/simulation/random.ts'

export interface Answered {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of many shapes
  body: any
  text: string
  warnings: string[]
}

export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  options?: { type?: string; token?: string | null; agent?: string },
) => Promise<Answered>

/** asking gives a function that sends requests to an API server. */
export function asking(url: string): Ask {
  return async (method, path, body, options = {}) => {
    const { type = 'application/json', token = adminToken, agent = 'tester/1.0' } = options
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        'user-agent': agent,
        connection: 'close',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': type }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = response.headers.get('content-type')?.includes('json') ?? false
    const warning = response.headers.get('warning')
    return {
      status: response.status,
      body: json ? JSON.parse(text) : null,
      text,
      warnings: warning === null ? [] : warning.split(/, (?=299)/),
    }
  }
}

export interface TestCluster extends SandboxCluster {
  ask: Ask
  clock: ReturnType<typeof createClock>
  requests: LoggedRequest[]
}

/** testCluster starts an API server with the namespaces `shop` (injected) and `other`. */
export async function testCluster(rbac?: string): Promise<TestCluster> {
  const clock = createClock({ start: Date.UTC(2026, 0, 12, 9), speed: null })
  const requests: LoggedRequest[] = []
  const cluster = await startCluster({
    clock,
    random: createRandom(7),
    log: requests,
    ...(rbac === undefined ? {} : { rbac }),
    backend: () => null,
  })
  clock.onTick(() => cluster.workloads.tick())
  cluster.apply(`
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: other}
---
apiVersion: v1
kind: Node
metadata: {name: node-1}
`)
  return { ...cluster, ask: asking(cluster.url), clock, requests }
}

export const jsonPatch = { type: 'application/json-patch+json' }
export const mergePatch = { type: 'application/merge-patch+json' }
export const applyPatch = { type: 'application/apply-patch+yaml' }

export const routes = '/apis/networking.istio.io/v1/namespaces/shop/virtualservices'
export const rules = '/apis/networking.istio.io/v1/namespaces/shop/destinationrules'
export const leases = '/apis/coordination.k8s.io/v1/namespaces/shop/leases'

/** virtualService gives a VirtualService with two destinations. */
export function virtualService(name: string, weights: [number, number] = [90, 10]) {
  const to = (subset: string, weight: number) => ({
    destination: { host: 'my-api.shop.svc.cluster.local', subset },
    weight,
  })
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: 'shop' } as Record<string, unknown>,
    spec: {
      hosts: ['my-api'],
      http: [{ route: [to('v1', weights[0]), to('v2', weights[1])] }] as Record<string, unknown>[],
    } as Record<string, unknown>,
  }
}
