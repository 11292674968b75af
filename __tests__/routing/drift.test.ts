import { describe, expect, it } from '@jest/globals'
import type { JsonPatchOperation, KubeObject } from '../../src/release/kubernetes.ts'
import { detectDrift, driftText } from '../../src/routing/istio/checks/drift.ts'
import { pairOf } from './cluster.ts'
import { applyPatch } from './istio.ts'

const before = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: {
    name: 'reviews',
    namespace: 'prod',
    resourceVersion: '5',
    managedFields: [{ manager: 'shiftgate', operation: 'Update', time: '2026-01-01T10:00:00Z' }],
  },
  spec: {
    hosts: ['reviews'],
    http: [
      {
        timeout: '3s',
        route: [
          { destination: { host: 'reviews', subset: 'v1' }, weight: 90 },
          { destination: { host: 'reviews', subset: 'v2' }, weight: 10 },
        ],
      },
      { route: [{ destination: { host: 'ratings' } }] },
    ],
  },
} as unknown as KubeObject

const edited = (...operations: JsonPatchOperation[]): KubeObject => applyPatch(before, operations)

describe('drift of a routing object', () => {
  const pair = pairOf()

  it.each<[string, JsonPatchOperation[], boolean | null, string[]]>([
    ['nothing', [], null, []],
    ['only metadata', [{ op: 'replace', path: '/metadata/resourceVersion', value: '6' }], null, []],
    [
      'a weight of the pair',
      [{ op: 'replace', path: '/spec/http/0/route/1/weight', value: 50 }],
      true,
      ['/spec/http/0/route/1/weight'],
    ],
    [
      'a timeout',
      [{ op: 'replace', path: '/spec/http/0/timeout', value: '9s' }],
      false,
      ['/spec/http/0/timeout'],
    ],
    [
      'another route',
      [{ op: 'add', path: '/spec/http/1/route/0/weight', value: 1 }],
      false,
      ['/spec/http/1/route/0/weight'],
    ],
    [
      'a destination more',
      [{ op: 'add', path: '/spec/http/0/route/-', value: { destination: { host: 'x' }, weight: 5 } }],
      true,
      ['/spec/http/0/route'],
    ],
    [
      'a route before',
      [{ op: 'add', path: '/spec/http/0', value: { redirect: { uri: '/' } } }],
      false,
      ['/spec/http'],
    ],
  ])('%s', (_, operations, touchesPair, paths) => {
    const found = detectDrift(before, edited(...operations), pair)
    expect(found?.touchesPair ?? null).toBe(touchesPair)
    expect(found?.differences.map(({ path }) => path) ?? []).toEqual(paths)
  })

  it('names who wrote since, never ourselves', () => {
    const fields = [
      { manager: 'shiftgate', operation: 'Update', time: '2026-01-01T10:05:00Z' },
      { manager: 'argocd-controller', operation: 'Apply', time: '2026-01-01T10:06:00Z' },
      { manager: 'kubectl-edit', operation: 'Update', time: '2026-01-01T10:07:00Z' },
      {
        manager: 'pilot-discovery',
        operation: 'Update',
        time: '2026-01-01T10:08:00Z',
        subresource: 'status',
      },
    ]
    const now = edited({ op: 'replace', path: '/spec/http/0/route/1/weight', value: 0 })
    now.metadata.managedFields = fields
    const found = detectDrift(before, now, pair)
    expect(found?.by.map(({ manager }) => manager)).toEqual(['kubectl-edit', 'argocd-controller'])
    expect(found && driftText(found)).toBe(
      'kubectl-edit (2026-01-01T10:07:00Z), argocd-controller (2026-01-01T10:06:00Z) changed VirtualService prod/reviews: /spec/http/0/route/1/weight.',
    )
  })

  it('sees an object come and go', () => {
    expect(detectDrift(before, null, pair)).toMatchObject({ kind: 'deleted', touchesPair: true })
    expect(detectDrift(null, before, pair)).toMatchObject({ kind: 'created', touchesPair: true })
    expect(detectDrift(null, null, pair)).toBeNull()
  })
})
