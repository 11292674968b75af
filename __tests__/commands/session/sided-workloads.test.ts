import { expect, test } from '@jest/globals'
import { sidedWorkloads } from '../../../src/commands/session/image/sided-workloads.ts'
import type { KubeObject, WorkloadsSnapshot } from '../../../src/release/kubernetes.ts'
import type { WorkloadSides } from '../../../src/release/state/takeover.ts'
import { deployment } from '../../workloads/cluster.ts'

const signal = new AbortController().signal
const snapshot = (workload: string): WorkloadsSnapshot =>
  ({
    service: { name: workload },
    workloads: [{ name: workload, version: null }],
    pods: [{ name: `${workload}-1`, workload, version: null, ready: true, readySince: 5 }],
  }) as unknown as WorkloadsSnapshot

const port = (replaced: KubeObject | null) => ({
  workloads: async (_: string, service: string) => snapshot(service),
  object: async () => replaced,
})
const sides: WorkloadSides = {
  versions: { 'my-api': 'v1', 'my-api-canary': 'v2' },
  service: 'my-api-canary',
  replacing: null,
}
const versions = ({ pods }: WorkloadsSnapshot) => pods.map(({ version, ready }) => `${version} ${ready}`)

test('without a temporary canary the labels say the version, with one the Deployment does', async () => {
  const plain = await sidedWorkloads(port(null), () => null).workloads('shop', 'my-api', signal)
  expect(versions(plain)).toEqual(['null true'])
  const both = await sidedWorkloads(port(null), () => sides).workloads('shop', 'my-api', signal)
  expect(versions(both)).toEqual(['v1 true', 'v2 true'])
  expect(both.service?.name).toBe('my-api')
})

test.each<[string, KubeObject | null, string, boolean]>([
  ['replaces them', deployment({ name: 'my-api', status: { updatedReplicas: 1 } }), 'v1', false],
  ['has its image before, or again', deployment({ name: 'my-api' }), 'v2', false],
  ['is gone', null, 'v1', false],
  ['has replaced them all', deployment({ name: 'my-api' }), 'v1', true],
])('of a Deployment that %s pods count: %#', async (_, there, tag, counts) => {
  const replacing = { workload: 'my-api', image: `ghcr.io/octo/my-api:${tag}` }
  const read = sidedWorkloads(port(there), () => ({ ...sides, replacing }))
  expect(versions(await read.workloads('shop', 'my-api', signal))).toEqual([`v1 ${counts}`, 'v2 true'])
})

test('a Deployment that has replaced its pods and is scaled then keeps those that are ready', async () => {
  let there = deployment({ name: 'my-api' })
  const replacing = { workload: 'my-api', image: 'ghcr.io/octo/my-api:v1' }
  const read = sidedWorkloads({ ...port(null), object: async () => there }, () => ({ ...sides, replacing }))
  const ready = async () => versions(await read.workloads('shop', 'my-api', signal))[0]
  expect(await ready()).toBe('v1 true')
  there = deployment({ name: 'my-api', metadata: { generation: 3 }, spec: { replicas: 5 } })
  expect(await ready()).toBe('v1 true')
  there = deployment({ name: 'my-api', containers: [{ name: 'my-api', image: 'ghcr.io/octo/my-api:v0' }] })
  expect(await ready()).toBe('v1 false')
})
