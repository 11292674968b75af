import { describe, expect, it } from '@jest/globals'
import { codesOf, done, pairOf, routesText, snapshotOf, writesOf } from './cluster.ts'
import {
  buildRouteModel,
  canaryShare,
  detectSplit,
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
} from './istio.ts'

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
    expect(servingVersions(buildRouteModel(pinned, pair))).toEqual([
      { host: 'reviews.prod.svc.cluster.local', subset: 'v1', version: 'v1', share: 1, least: 1 },
    ])
    const shifted = done(pinned, planShift(pinned, pair, 10))
    expect(routesText(shifted)).toEqual(['shop http/0: v1=90 v2=10', 'reviews http/0: v1=90 v2=10'])
    expect(canaryShare(shifted, pair)).toEqual({ min: 0.1, max: 0.1 })
    const back = done(shifted, planRestore(shifted, pair, restore))
    expect(back).toEqual(pinned)
    const promoted = done(shifted, planPromote(shifted, pair))
    expect(routesText(promoted)).toEqual(['shop http/0: v1=0 v2=100', 'reviews http/0: v1=0 v2=100'])
    expect(subsetFor(buildRouteModel(promoted, pair), 'v2')).toBe('v2')
    expect(codesOf(planSubsetRemoval(promoted, pair, 'v1'))).toEqual(['SG-subset-in-use', 'SG-subset-in-use'])

    const next = pairOf('v2', 'v3')
    const grown = done(promoted, planSubsets(promoted, next))
    const handed = done(grown, planHandover(grown, next, ['v1', 'v2']))
    expect(routesText(handed)).toEqual(['shop http/0: v2=100 v3=0', 'reviews http/0: v2=100 v3=0'])
    const lean = done(handed, planSubsetRemoval(handed, pair, 'v1'))
    expect(buildRouteModel(lean, pair).subsets.map(({ name }) => name)).toEqual(['v2', 'v3'])
    expect(canaryShare(done(lean, planShift(lean, next, 12.5)), next).max).toBe(0.125)
  })
})

describe('a split by host', () => {
  const yaml = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]
  http:
  - match: [{uri: {prefix: /all}}]
    route: [{destination: {host: reviews}}]
  - route:
    - {destination: {host: reviews-v1}, weight: 8}
    - {destination: {host: audit}, weight: 2}
`
  const host = (version: string) => `reviews-${version}.prod.svc.cluster.local`
  const pair = {
    ...pairOf(),
    stable: { version: 'v1', subset: 'v1', host: host('v1') },
    canary: { version: 'v2', subset: 'v2', host: host('v2') },
  }
  const start = snapshotOf(yaml)

  it('is recognised by Services named after the host', () => {
    expect(detectSplit(start, pair)).toEqual({ split: 'host', ambiguous: false, hosts: [host('v1')] })
    expect(detectSplit(snapshotOf(gateway), pair)).toEqual({ split: null, ambiguous: false, hosts: [] })
  })

  it('needs no DestinationRule and goes the whole way', () => {
    expect(writesOf(planSubsets(start, pair))).toEqual([])
    const pinned = done(start, planPin(start, pair))
    expect(routesText(pinned)).toEqual([
      `reviews http/0: ${host('v1')}=100 ${host('v2')}=0`,
      `reviews http/1: reviews-v1=8 audit=2 ${host('v2')}=0`,
    ])
    const shifted = done(pinned, planShift(pinned, pair, 25))
    expect(routesText(shifted)).toEqual([
      `reviews http/0: ${host('v1')}=75 ${host('v2')}=25`,
      `reviews http/1: reviews-v1=6 audit=2 ${host('v2')}=2`,
    ])
    expect(done(shifted, planRestore(shifted, pair, restoreOf(start, pair)))).toEqual(pinned)
    const hosts = { ...pair, hosts: [host('v1'), host('v2')] }
    expect(servingVersions(buildRouteModel(pinned, hosts)).map(({ host, share }) => [host, share])).toEqual([
      [host('v1'), 1],
    ])
  })
})

describe('a selector of routes', () => {
  const yaml = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]
  http:
  - {name: api, match: [{uri: {prefix: /api}}], route: [{destination: {host: reviews}}]}
  - {name: web, route: [{destination: {host: reviews, subset: v1}}]}
  tls:
  - {match: [{port: 8883, sniHosts: [a.example.com]}], route: [{destination: {host: reviews, subset: v1}}]}
  tcp:
  - {match: [{port: 61616}], route: [{destination: {host: reviews, subset: v1}}]}
`
  const start = done(snapshotOf(yaml), planSubsets(snapshotOf(yaml), pairOf()))

  it.each([
    ['a name', { name: 'web' }, ['-', '100', '-', '-']],
    ['a port', { port: 61616 }, ['-', '-', '-', '100']],
    ['an SNI host', { sni: 'a.example.com', port: 8883 }, ['-', '-', '100', '-']],
  ])('picks by %s and leaves the others alone', (_, selector, weights) => {
    const pinned = done(start, planPin(start, { ...pairOf(), routes: [selector] }))
    expect(routesText(pinned).map((line) => /=(\S+)/.exec(line)?.[1])).toEqual(weights)
  })

  it('refuses one that fits nothing', () => {
    expect(codesOf(planPin(start, { ...pairOf(), routes: [{ name: 'gone' }] }))).toEqual([
      'SG-selector-unmatched',
    ])
  })
})
