import { describe, expect, it } from '@jest/globals'
import {
  canaryShare,
  planHandover,
  planPin,
  planPromote,
  planRestore,
  planShift,
  planSubsetRemoval,
  planSubsets,
  primaryAfterPin,
  restoreOf,
  servingVersions,
  subsetFor,
  understand,
} from '../../src/mesh/routing.ts'
import { codesOf, done, pairOf, routesText, snapshotOf, writesOf } from './cluster.ts'

const gateway = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: prod}
spec:
  hosts: [shop.example.com]
  gateways: [istio-ingress/public]
  http:
  - match: [{uri: {prefix: /reviews}}]
    timeout: 3s
    route:
    - destination: {host: reviews}
`

describe('the way of a release over a gateway VirtualService without subsets', () => {
  const pair = pairOf()
  const state = { 'VirtualService prod/reviews': { 'reviews.prod.shiftgate.io/release': '{"a":1}' } }
  const start = snapshotOf(gateway)

  it('goes from nothing to promoted and to the next release, and back', () => {
    expect(primaryAfterPin(start, pair)).toEqual({
      kind: 'VirtualService',
      namespace: 'prod',
      name: 'reviews',
    })
    const subsets = planSubsets(start, pair)
    const ready = done(start, subsets)
    expect(ready.destinationRules).toHaveLength(1)
    expect(writesOf(planSubsets(ready, pair))).toEqual([])
    const restore = restoreOf(start, pair)
    const pinned = done(ready, planPin(ready, pair, state))
    expect(routesText(pinned)).toEqual(['shop http/0: v1=100 v2=0', 'reviews http/0: v1=100 v2=0'])
    expect(pinned.virtualServices[1]?.metadata.annotations).toEqual(state['VirtualService prod/reviews'])
    expect(restoreOf(pinned, pair)).toMatchObject(restore)
    expect(writesOf(planPin(pinned, pair, state))).toEqual([])
    expect(servingVersions(understand(pinned, pair))).toEqual([
      { subset: 'v1', version: 'v1', share: 1, least: 1 },
    ])
    const shifted = done(pinned, planShift(pinned, pair, 10))
    expect(routesText(shifted)).toEqual(['shop http/0: v1=90 v2=10', 'reviews http/0: v1=90 v2=10'])
    expect(canaryShare(shifted, pair)).toEqual({ min: 0.1, max: 0.1 })
    const back = done(shifted, planRestore(shifted, pair, restore))
    expect(back).toEqual(pinned)
    const promoted = done(shifted, planPromote(shifted, pair))
    expect(routesText(promoted)).toEqual(['shop http/0: v1=0 v2=100', 'reviews http/0: v1=0 v2=100'])
    expect(subsetFor(understand(promoted, pair), 'v2')).toBe('v2')
    expect(codesOf(planSubsetRemoval(promoted, pair, 'v1'))).toEqual(['SG-subset-in-use', 'SG-subset-in-use'])

    const next = pairOf('v2', 'v3')
    const grown = done(promoted, planSubsets(promoted, next))
    const handed = done(grown, planHandover(grown, next, ['v1', 'v2']))
    expect(routesText(handed)).toEqual(['shop http/0: v2=100 v3=0', 'reviews http/0: v2=100 v3=0'])
    const lean = done(handed, planSubsetRemoval(handed, pair, 'v1'))
    expect(understand(lean, pair).subsets.map(({ name }) => name)).toEqual(['v2', 'v3'])
    expect(canaryShare(done(lean, planShift(lean, next, 12.5)), next).max).toBe(0.125)
  })
})
