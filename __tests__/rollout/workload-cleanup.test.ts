import { expect, test } from '@jest/globals'
import type { ReleaseState } from '../../src/release/state/state.ts'
import { unneededWorkloads } from '../../src/rollout/actions/canary/workload-cleanup.ts'
import { marksOf } from '../../src/workloads/marks.ts'
import { deployment } from '../workloads/cluster.ts'

const made = (version: string, service = 'my-api', createdAt = 1000) =>
  deployment({
    name: `my-api-${version}`,
    selector: { app: 'my-api', version },
    labels: { app: 'my-api', ...marksOf(`my-api-${version}-1`, service) },
    metadata: { creationTimestamp: new Date(createdAt).toISOString() },
  })
const side = (version: string) => ({
  version,
  destination: version,
  workload: `my-api-${version}`,
  image: '',
})
const past = (version: string, rolledBack = false) => ({
  ...side(version),
  at: 1,
  releaseId: 'r',
  ...(rolledBack ? { rolledBack } : {}),
})
const promoted = {
  phase: 'promoted',
  canary: side('v4'),
  stable: side('v3'),
  history: [past('v4'), past('v3'), past('v2'), past('v1')],
  endedAt: 5000,
} as unknown as ReleaseState
const serving = [{ version: 'v4', destination: 'v4', share: 1 }] as never
const all = ['v1', 'v2', 'v3', 'v4'].map((version) => made(version))
const names = (state: ReleaseState, objects = all, retain?: number, shares = serving) =>
  unneededWorkloads(objects, state, { service: 'my-api', retain }, shares).map(
    ({ metadata }) => metadata.name,
  )

test('versions that serve, or may be returned to, stay; those before go', () => {
  expect(names(promoted)).toEqual(['my-api-v1', 'my-api-v2'])
  expect(names(promoted, all, 2)).toEqual(['my-api-v1'])
})

test('what no release made, another service’s, what was made since, and what a route still reaches stay', () => {
  expect(names(promoted, [deployment(), made('v1', 'other'), made('v1', 'my-api', 6000)])).toEqual([])
  const both = [...(serving as object[]), { version: 'v1', destination: 'v1', share: 0.1 }] as never
  expect(names(promoted, all, undefined, both)).toEqual(['my-api-v2'])
  expect(names(promoted, all, undefined, [{ version: null, destination: null, share: 1 }] as never)).toEqual(
    [],
  )
  // Without any route the Service itself sends requests to all of them.
  expect(names(promoted, all, undefined, [] as never)).toEqual([])
})

test('a canary that failed goes, one that was promoted and left by a rollback stays until the next release', () => {
  const failed = { ...promoted, phase: 'rolled-back', history: [past('v3'), past('v2')] } as ReleaseState
  const onStable = [{ version: 'v3', destination: 'v3', share: 1 }] as never
  expect(names(failed, all, 1, onStable)).toEqual(['my-api-v1', 'my-api-v4'])
  const left = { ...promoted, phase: 'rolled-back', history: [past('v3'), past('v4', true)] } as ReleaseState
  expect(names(left, all, 1, onStable)).not.toContain('my-api-v4')
})
