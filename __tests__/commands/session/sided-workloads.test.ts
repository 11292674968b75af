import { expect, test } from '@jest/globals'
import { sidedWorkloads } from '../../../src/commands/session/sided-workloads.ts'
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

test('no pod of a Deployment counts while it replaces them', async () => {
  const replacing = { ...sides, replacing: 'my-api' }
  const rolling = deployment({ name: 'my-api', status: { updatedReplicas: 1 } })
  const during = await sidedWorkloads(port(rolling), () => replacing).workloads('shop', 'my-api', signal)
  expect(versions(during)).toEqual(['v1 false', 'v2 true'])
  const after = await sidedWorkloads(port(deployment({ name: 'my-api' })), () => replacing).workloads(
    'shop',
    'my-api',
    signal,
  )
  expect(versions(after)).toEqual(['v1 true', 'v2 true'])
})
