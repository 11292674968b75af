import { describe, expect, test } from '@jest/globals'
import type { JsonObject, KubeObject } from '../../src/release/kubernetes.ts'
import { parseQuantity } from '../../src/release/text/quantity.ts'
import { deploymentView } from '../../src/workloads/deployment.ts'
import { demandOf, heldAgainstQuotas } from '../../src/workloads/quota.ts'
import { deployment } from './cluster.ts'

const asking = (resources: JsonObject, pod: JsonObject = {}) =>
  deployment({ containers: [{ name: 'my-api', image: 'a:v1', resources }], pod })

const quota = (
  hard: Record<string, string>,
  used: Record<string, string>,
  spec: JsonObject = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'small', namespace: 'shop' },
  spec: { hard, ...spec },
  status: { hard, used },
})

const shortOf = (
  stable: KubeObject,
  { hard, used, spec }: { hard: Record<string, string>; used: Record<string, string>; spec?: JsonObject },
  inPlace = true,
) => {
  const workload = inPlace ? { inPlace: {} as never } : {}
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'shop' } }
  const plan = { workload, objects: inPlace ? [service, stable] : [stable], scaling: null }
  const demand = demandOf(deploymentView(stable), stable, plan)
  const { refusals } = heldAgainstQuotas(demand, { objects: [quota(hard, used, spec)], unreadable: [] })
  return refusals.map(({ text }) => text.replace(/^.*at its peak takes /, ''))
}

// Stable has three replicas, and surges by one (25%) while it takes over.
const rows: [
  what: string,
  stable: KubeObject,
  hard: Record<string, string>,
  used: Record<string, string>,
  short: string[],
][] = [
  [
    'room for all',
    asking({ requests: { cpu: '250m' } }),
    { pods: '7', cpu: '2' },
    { pods: '3', cpu: '1' },
    [],
  ],
  ['a pod too few', asking({}), { pods: '6' }, { pods: '3' }, ['pods 4 more, 3 of 6 in use.']],
  [
    'counted pods',
    asking({}),
    { 'count/pods': '6' },
    { 'count/pods': '3' },
    ['count/pods 4 more, 3 of 6 in use.'],
  ],
  [
    'processors',
    asking({ requests: { cpu: '250m' } }),
    { 'requests.cpu': '1500m' },
    { 'requests.cpu': '750m' },
    ['requests.cpu 1 more, 750m of 1500m in use.'],
  ],
  [
    'a limit stands for a request that is not made',
    asking({ limits: { memory: '1Gi' } }),
    { memory: '6Gi', 'limits.memory': '7Gi' },
    { memory: '3Gi', 'limits.memory': '3Gi' },
    ['memory 4Gi more, 3Gi of 6Gi in use.'],
  ],
  [
    'an init container that asks for more, and a sidecar beside',
    asking(
      { requests: { cpu: '100m' } },
      {
        initContainers: [
          { name: 'load', image: 'a', resources: { requests: { cpu: '500m' } } },
          { name: 'side', image: 'a', restartPolicy: 'Always', resources: { requests: { cpu: '450m' } } },
        ],
      },
    ),
    { cpu: '2' },
    { cpu: '0' },
    ['cpu 2200m more, 0 of 2 in use.'],
  ],
  [
    'objects',
    asking({}),
    { 'count/deployments.apps': '1', services: '1' },
    { 'count/deployments.apps': '1', services: '1' },
    ['count/deployments.apps 1 more, 1 of 1 in use, services 1 more, 1 of 1 in use.'],
  ],
  [
    'what nobody asks for',
    asking({}),
    { cpu: '1', secrets: '1', pods: 'many' },
    { cpu: '1', secrets: '1' },
    [],
  ],
]

describe('a quota', () => {
  test.each(rows)('with %s', (_, stable, hard, used, short) => {
    expect(shortOf(stable, { hard, used })).toEqual(short)
  })

  test('whose status is not written yet allows what its spec says', () => {
    const fresh = { ...quota({ pods: '3' }, {}), status: {} }
    const plan = { workload: {}, objects: [], scaling: null }
    const refusedBy = (replicas: number) => {
      const stable = deployment({ spec: { replicas } })
      const demand = demandOf(deploymentView(stable), stable, plan)
      return heldAgainstQuotas(demand, { objects: [fresh], unreadable: [] }).refusals.map(({ text }) => text)
    }
    expect(refusedBy(3)).toEqual([])
    expect(refusedBy(4)).toEqual([expect.stringContaining('pods 4 more, 0 of 3 in use')])
  })

  test('that can’t be read is said', () => {
    const why = 'it is forbidden'
    const demand = demandOf(deploymentView(deployment()), deployment(), {
      workload: {},
      objects: [],
      scaling: null,
    })
    const { notes } = heldAgainstQuotas(demand, { objects: [], unreadable: [{ kind: 'ResourceQuota', why }] })
    expect(notes).toEqual([expect.stringContaining(why)])
  })

  test('needs no room for a surge where the canary stays', () => {
    expect(shortOf(asking({}), { hard: { pods: '6' }, used: { pods: '3' } }, false)).toEqual([])
  })

  test('of pods that a Deployment never has is no matter', () => {
    const full = { hard: { pods: '3' }, used: { pods: '3' } }
    for (const spec of [{ scopes: ['Terminating'] }, { scopes: ['BestEffort'] }, { scopeSelector: {} }])
      expect(shortOf(asking({}), { ...full, spec })).toEqual([])
    expect(shortOf(asking({}), { ...full, spec: { scopes: ['NotTerminating'] } })).toHaveLength(1)
  })

  test.each([
    [{ type: 'Recreate' }, 3],
    [{ rollingUpdate: { maxSurge: 2 } }, 5],
    [{ rollingUpdate: { maxSurge: '50%' } }, 5],
  ])('counts the surge of %j', (strategy, pods) => {
    const stable = deployment({ spec: { strategy } })
    const taken = shortOf(stable, { hard: { pods: '0' }, used: { pods: '0' } })
    expect(taken).toEqual([`pods ${pods} more, 0 of 0 in use.`])
  })
})

test.each([
  ['250m', 0.25],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['1e3', 1000],
  ['2E', 2e18],
  ['.5', 0.5],
  ['100n', 1e-7],
  [3, 3],
  ['', null],
  ['lots', null],
  [undefined, null],
])('the quantity %j is %j', (text, value) => {
  if (value === null) expect(parseQuantity(text)).toBeNull()
  else expect(parseQuantity(text)).toBeCloseTo(value, 12)
})
