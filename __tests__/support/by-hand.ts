import type { KubeObject } from '../../src/release/kubernetes.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'

/** patchByHand changes a VirtualService of the scenario's namespace as a person with kubectl would. */
export async function patchByHand(
  sandbox: Sandbox,
  name: string,
  patch: readonly { op: string; path: string; value?: unknown }[],
  manager = 'kubectl-edit',
): Promise<void> {
  const { namespace } = sandbox.scenario
  const path = `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices/${name}`
  const answer = await fetch(`${sandbox.apiUrl}${path}?fieldManager=${manager}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${sandbox.adminToken}`,
      'content-type': 'application/json-patch+json',
    },
    body: JSON.stringify(patch),
  })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  await answer.body?.cancel()
}

/** setWeights writes the weights of a VirtualService's first http route, in order. */
export function setWeights(sandbox: Sandbox, name: string, ...weights: number[]): Promise<void> {
  const patch = weights.map((value, index) => ({
    op: 'replace',
    path: `/spec/http/0/route/${index}/weight`,
    value,
  }))
  return patchByHand(sandbox, name, patch)
}

/** virtualService gives a VirtualService of the scenario's namespace. */
export function virtualService(sandbox: Sandbox, name: string): KubeObject {
  const found = sandbox.store.get('VirtualService', sandbox.scenario.namespace, name)
  if (!found) throw new Error(`no VirtualService ${name}`)
  return found
}

/** setLeaseHolder writes another holder into the Lease of the scenario's service. */
export async function setLeaseHolder(sandbox: Sandbox, holder: string): Promise<void> {
  const { namespace, service } = sandbox.scenario
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/shiftgate-${service}`
  const answer = await fetch(`${sandbox.apiUrl}${path}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${sandbox.adminToken}`,
      'content-type': 'application/merge-patch+json',
    },
    body: JSON.stringify({ spec: { holderIdentity: holder } }),
  })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  await answer.body?.cancel()
}

/** scaleDeployment asks for another number of replicas of a version's Deployment, as kubectl scale does. */
export function scaleDeployment(sandbox: Sandbox, version: string, replicas: number): void {
  const { deploy, manifests } = sandbox.scenario
  const [manifest = ''] = `${manifests}\n${deploy}`
    .split('---')
    .filter((text) => text.includes(`name: my-api-${version}`))
  sandbox.apply(manifest.replace(/replicas: \d+/, `replicas: ${replicas}`))
}
