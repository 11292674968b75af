import { describe, expect, it } from '@jest/globals'
import type { JsonPatchOperation, KubeObject } from '../../src/release/kubernetes.ts'
import type { RoutingSnapshot } from '../../src/routing/istio/snapshot.ts'
import { codesOf, done, pairOf, routesText, snapshotOf, writesOf } from './cluster.ts'
import {
  applyPatch,
  buildRouteModel,
  canaryShare,
  newSubsetName,
  planAnnotations,
  planHandover,
  planPin,
  planRestore,
  planShift,
  planSubsetRemoval,
  planSubsets,
  restoreOf,
  servingVersions,
  subsetFor,
} from './istio.ts'

const pair = pairOf()
const host = 'reviews.prod.svc.cluster.local'
const virtualService = (http: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]
  http: ${http}`
const rule = (subsets: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: prod}
spec: {host: reviews, subsets: ${subsets}}`
const both = rule('[{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]')

const edited = (snapshot: RoutingSnapshot, ...operations: JsonPatchOperation[]): RoutingSnapshot => ({
  ...snapshot,
  virtualServices: snapshot.virtualServices.map((object, index) =>
    index === 0 ? applyPatch(object, operations) : object,
  ),
})

describe('a rollback when routes changed meanwhile', () => {
  const three = snapshotOf(
    `${virtualService(`
  - match: [{uri: {prefix: /a}}]
    route: [{destination: {host: reviews}, weight: 8}, {destination: {host: legacy}, weight: 2}]
  - route: [{destination: {host: reviews}}]`)}\n---\n${both}`,
  )
  const restore = restoreOf(three, pair)
  const pinned = done(three, planPin(three, pair))
  const shifted = done(pinned, planShift(pinned, pair, 30))

  it.each<[string, JsonPatchOperation[], string[]]>([
    [
      'a route came before: matched by content',
      [
        {
          op: 'add',
          path: '/spec/http/0',
          value: { match: [{ uri: { exact: '/x' } }], redirect: { uri: '/' } },
        },
      ],
      ['reviews http/1: v1=8 legacy=2 v2=0', 'reviews http/2: v1=100 v2=0'],
    ],
    [
      'destinations in another order',
      [
        { op: 'remove', path: '/spec/http/0/route/1' },
        { op: 'add', path: '/spec/http/0/route/0', value: { destination: { host: 'legacy' }, weight: 10 } },
      ],
      ['reviews http/0: legacy=2 v1=8 v2=0', 'reviews http/1: v1=100 v2=0'],
    ],
    [
      'another destination’s share changed: theirs is kept',
      [{ op: 'replace', path: '/spec/http/0/route/1/weight', value: 60 }],
      ['reviews http/0: v1=40 legacy=60 v2=0', 'reviews http/1: v1=100 v2=0'],
    ],
    [
      'the canary’s destination was taken out',
      [{ op: 'remove', path: '/spec/http/1/route/1' }],
      ['reviews http/0: v1=8 legacy=2 v2=0', 'reviews http/1: v1=100'],
    ],
    [
      'stable’s destination was taken out',
      [{ op: 'remove', path: '/spec/http/1/route/0' }],
      ['reviews http/0: v1=8 legacy=2 v2=0', 'reviews http/1: v2=0 v1=100'],
    ],
    [
      'the subset was taken off',
      [{ op: 'remove', path: '/spec/http/1/route/0/destination/subset' }],
      ['reviews http/0: v1=8 legacy=2 v2=0', 'reviews http/1: v1=100 v2=0'],
    ],
    ['a whole route is gone', [{ op: 'remove', path: '/spec/http/0' }], ['reviews http/0: v1=100 v2=0']],
  ])('%s', (_, operations, expected) => {
    const now = edited(shifted, ...operations)
    const back = done(now, planRestore(now, pair, restore))
    expect(routesText(back)).toEqual(expected)
    expect(canaryShare(back, pair).max).toBe(0)
    expect(writesOf(planRestore(back, pair, restore))).toEqual([])
  })

  it('asks no condition that a way up asks: rivals, deletion, unreadable namespaces', () => {
    const rival = snapshotOf(
      virtualService('[{route: [{destination: {host: reviews, subset: v2}}]}]'),
    ).virtualServices.map(
      (object): KubeObject => ({ ...object, metadata: { ...object.metadata, name: 'rival' } }),
    )
    const now = edited(
      { ...shifted, virtualServices: [...shifted.virtualServices, ...rival], unreadable: ['*'] },
      {
        op: 'add',
        path: '/metadata/deletionTimestamp',
        value: '2026-01-01T00:00:00Z',
      },
    )
    expect(codesOf(planShift(now, pair, 50))).toEqual(['IST0109', 'SG-being-deleted'])
    expect(canaryShare(done(now, planRestore(now, pair, restore)), pair).max).toBe(0)
  })

  it('refuses what it can’t understand and a stable that is no subset', () => {
    const odd = edited(shifted, { op: 'replace', path: '/spec/http/1/route/0/weight', value: -5 })
    expect(codesOf(planRestore(odd, pair, restore))).toEqual(['SG-not-understood'])
    const gone = { ...edited(shifted, { op: 'remove', path: '/spec/http/1/route/0' }), destinationRules: [] }
    expect(codesOf(planRestore(gone, pair, null))).toEqual(['IST0101', 'IST0101'])
  })

  it('gives no more traffic to a subset that has vanished, in neither direction', () => {
    const gone = { ...shifted, destinationRules: [] }
    // Once a rule.
    expect(codesOf(planShift(gone, pair, 100))).toEqual(['IST0101', 'IST0101'])
    expect(codesOf(planRestore(gone, pair, restore))).toEqual(['IST0101', 'IST0101'])
  })

  it('adds no second destination of a subset whose labels select other pods now', () => {
    const relabelled = (version: string, index: number) => ({
      ...shifted,
      destinationRules: shifted.destinationRules.map((object) =>
        applyPatch(object, [
          { op: 'replace', path: `/spec/subsets/${index}/labels/version`, value: version },
        ]),
      ),
    })
    const codes = ['SG-subset-relabelled', 'SG-subset-relabelled']
    expect(codesOf(planShift(relabelled('v1', 1), pair, 50))).toEqual(codes)
    expect(codesOf(planRestore(relabelled('v2', 0), pair, restore))).toEqual(codes)
  })

  it('takes any older or foreign memory for none', () => {
    for (const memory of [{}, { v: 2 }, { v: 1, 'prod/reviews': 'x' }]) {
      expect(canaryShare(done(shifted, planRestore(shifted, pair, memory)), pair).max).toBe(0)
    }
  })

  it('fits an annotation even with hundreds of routes', () => {
    const many = snapshotOf(
      `${virtualService(
        Array.from(
          { length: 200 },
          (_, index) =>
            `\n  - match: [{uri: {prefix: /r${index}}}]\n    route: [{destination: {host: reviews}}]`,
        ).join(''),
      )}\n---\n${both}`,
    )
    expect(JSON.stringify(restoreOf(many, pair)).length).toBeLessThan(4096)
  })
})

describe('a rollback after a promotion', () => {
  const promoted = snapshotOf(
    `${virtualService(`
  - match: [{uri: {prefix: /a}}]
    route: [{destination: {host: reviews, subset: v2}, weight: 100}]
  - route: [{destination: {host: reviews, subset: v2}, weight: 100}]`)}\n---\n${both}`,
  )
  const all = ['reviews http/0: v2=0 v1=100', 'reviews http/1: v2=0 v1=100']

  it('takes every route where nothing goes to the version that returns', () => {
    expect(routesText(done(promoted, planPin(promoted, pair)))).toEqual(all)
    expect(routesText(done(promoted, planRestore(promoted, pair, null)))).toEqual(all)
  })

  it('goes on where it was left half done, if it says that it goes everywhere', () => {
    const half = edited(promoted, {
      op: 'replace',
      path: '/spec/http/1/route/0/destination/subset',
      value: 'v1',
    })
    expect(routesText(done(half, planPin(half, pair)))[0]).toBe('reviews http/0: v2=100')
    const everywhere = { ...pair, everywhere: true }
    const left = planRestore(half, pair, null)
    expect(left.ok && left.warnings.map(({ code }) => code)).toEqual(['SG-left-alone'])
    expect(canaryShare(half, everywhere).max).toBe(1)
    expect(routesText(done(half, planRestore(half, everywhere, null)))).toEqual([
      'reviews http/0: v2=0 v1=100',
      'reviews http/1: v1=100',
    ])
  })
})

describe('annotations', () => {
  const start = snapshotOf(`${virtualService('[{route: [{destination: {host: reviews}}]}]')}\n---\n${both}`)
  const key = 'reviews.prod.shiftgate.io/release'
  const name = 'VirtualService prod/reviews'

  it('come with a map where there is none, in the patch of the weights', () => {
    const [write] = writesOf(planPin(start, pair, { [name]: { [key]: '1' } }))
    expect(write?.action === 'patch' && write.patch.slice(0, 5)).toEqual([
      { op: 'replace', path: '/metadata/resourceVersion', value: '1000' },
      { op: 'test', path: '/spec/http/0/route/0', value: { destination: { host: 'reviews' } } },
      { op: 'add', path: '/spec/http/0/route/0/destination/subset', value: 'v1' },
      { op: 'add', path: '/spec/http/0/route/0/weight', value: 100 },
      {
        op: 'add',
        path: '/spec/http/0/route/-',
        value: { destination: { host: 'reviews', subset: 'v2' }, weight: 0 },
      },
    ])
    expect(write?.action === 'patch' && write.patch.slice(5)).toEqual([
      { op: 'add', path: '/metadata/annotations', value: {} },
      { op: 'add', path: '/metadata/annotations/reviews.prod.shiftgate.io~1release', value: '1' },
    ])
  })

  it('test what they replace, and what they remove', () => {
    const first = done(start, planAnnotations(start, { [name]: { [key]: '1' } }))
    const path = '/metadata/annotations/reviews.prod.shiftgate.io~1release'
    const [second] = writesOf(planAnnotations(first, { [name]: { [key]: '2' } }))
    expect(second?.action === 'patch' && second.patch.slice(1)).toEqual([
      { op: 'test', path, value: '1' },
      { op: 'replace', path, value: '2' },
    ])
    const [third] = writesOf(planAnnotations(first, { [name]: { [key]: null, other: null } }))
    expect(third?.action === 'patch' && third.patch.slice(1)).toEqual([
      { op: 'test', path, value: '1' },
      { op: 'remove', path },
    ])
    expect(writesOf(planAnnotations(first, { [name]: { [key]: '1' } }))).toEqual([])
  })

  it('name an object that is gone', () => {
    expect(codesOf(planAnnotations(start, { 'VirtualService prod/gone': { [key]: '1' } }))).toEqual([
      'SG-object-gone',
    ])
  })
})

describe('subsets', () => {
  it('are found by labels, never by names; one in use before one with the plain label', () => {
    const seen = buildRouteModel(
      snapshotOf(
        `${virtualService('[{route: [{destination: {host: reviews, subset: main}}]}]')}\n---\n${rule(
          '[{name: v1, labels: {version: v9}}, {name: plain, labels: {version: v1}}, {name: main, labels: {version: v1, track: a}}, {name: all}, {name: idle, labels: {version: v2, track: b}}]',
        )}`,
      ),
      pair,
    )
    expect(subsetFor(seen, 'v1')).toBe('main')
    expect(subsetFor(seen, 'v9')).toBe('v1')
    expect(subsetFor(seen, 'v2')).toBeNull()
    expect(newSubsetName(seen, 'v1')).toMatch(/^v1-[0-9a-f]{8}$/)
  })

  it.each([
    ['1.4.2', '1-4-2'],
    ['V2_RC+7', 'v2-rc-7'],
    ['-a-', 'a'],
    ['a'.repeat(63), 'a'.repeat(63)],
  ])('of %s are named %s', (version, name) => {
    expect(newSubsetName(buildRouteModel(snapshotOf(''), pair), version)).toBe(name)
  })

  it.each(['a'.repeat(64), `${'b.'.repeat(40)}c`, '...', 'ü'])('of %s get a short hash', (version) => {
    const name = newSubsetName(buildRouteModel(snapshotOf(''), pair), version)
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    expect(name.length).toBeLessThanOrEqual(63)
    expect(name).toMatch(/-[0-9a-f]{8}$/)
  })

  it('copy what a wildcard rule says, subsets and visibility included', () => {
    const wildcard = snapshotOf(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: all, namespace: prod}
spec:
  host: "*.prod.svc.cluster.local"
  exportTo: ["."]
  trafficPolicy: {tls: {mode: DISABLE}}
  subsets: [{name: v0, labels: {version: v0}}]`)
    const [write] = writesOf(planSubsets(wildcard, pair))
    expect(write?.action === 'create' && write.object.spec).toEqual({
      host,
      exportTo: ['.'],
      trafficPolicy: { tls: { mode: 'DISABLE' } },
      subsets: ['v0', 'v1', 'v2'].map((name) => ({ name, labels: { version: name } })),
    })
  })

  it('give the canary stable’s own policy', () => {
    const start = snapshotOf(
      rule('[{name: v1, labels: {version: v1}, trafficPolicy: {tls: {mode: DISABLE}}}]'),
    )
    const [write] = writesOf(planSubsets(start, pair))
    expect(write?.action === 'patch' && write.patch.at(-1)).toEqual({
      op: 'add',
      path: '/spec/subsets/-',
      value: { name: 'v2', labels: { version: 'v2' }, trafficPolicy: { tls: { mode: 'DISABLE' } } },
    })
  })

  it('never copy a number that was rounded when it was read', () => {
    const policy =
      'trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true, ringHash: {minimumRingSize: 9007199254740993}}}}'
    const wildcard = snapshotOf(`${rule('[]').replace('host: reviews', `host: "*.local", ${policy}`)}`)
    expect(codesOf(planSubsets(wildcard, pair))).toEqual(['SG-number-too-large'])
    const own = snapshotOf(
      `${rule('[{name: v1, labels: {version: v1}}]').replace('host: reviews', `host: reviews, ${policy}`)}`,
    )
    expect(writesOf(planSubsets(own, pair))).toHaveLength(1)
  })

  it('are never relabelled, and a version that is no label value is refused', () => {
    const start = snapshotOf(rule('[{name: v2, labels: {version: other}}]'))
    expect(codesOf(planSubsets(start, pair))).toEqual(['SG-subset-name-taken'])
    expect(codesOf(planSubsets(snapshotOf(''), pairOf('v1', 'a b')))).toContain('IST0106')
  })

  it('are removed only where nothing names them and everything could be read', () => {
    const mirrored = `${virtualService('[{route: [{destination: {host: reviews, subset: v1}}], mirrors: [{destination: {host: reviews, subset: v2}}]}]')}\n---\n${both}`
    expect(codesOf(planSubsetRemoval(snapshotOf(mirrored), pair, 'v2'))).toEqual(['SG-subset-in-use'])
    expect(codesOf(planSubsetRemoval(snapshotOf(both, ['staging']), pair, 'v2'))).toEqual(['SG-unreadable'])
    const left = done(snapshotOf(both), planSubsetRemoval(snapshotOf(both), pair, 'v2'))
    expect(buildRouteModel(left, pair).subsets.map(({ name }) => name)).toEqual(['v1'])
  })
})

describe('weights that no whole number expresses', () => {
  const heavy = (others: string) =>
    snapshotOf(
      `${virtualService(`[{route: [{destination: {host: reviews}, weight: 2000000001}${others}]}]`)}\n---\n${both}`,
    )

  it('are refused where another destination’s fraction would change', () => {
    const start = heavy(', {destination: {host: legacy}, weight: 2}')
    const pinned = done(start, planPin(start, pair))
    expect(codesOf(planShift(pinned, pair, 0.7))).toEqual(['SG-weights-too-large'])
  })

  it('take the nearest scale where the pair is alone', () => {
    const start = heavy('')
    const pinned = done(start, planPin(start, pair))
    expect(canaryShare(done(pinned, planShift(pinned, pair, 0.7)), pair).max).toBe(0.007)
  })

  it.each([-1, 100.5, Number.NaN, 0.0000001])('%d percent is not a share', (percent) => {
    const start = heavy('')
    expect(() => planShift(start, pair, percent)).toThrow(expect.objectContaining({ code: 'invalid-input' }))
  })
})

describe('who serves', () => {
  const seen = (http: string) =>
    servingVersions(buildRouteModel(snapshotOf(`${virtualService(http)}\n---\n${both}`), pair)).map(
      ({ version, share, least }) => [version, share, least],
    )

  it.each<[string, string, [string | null, number, number][]]>([
    ['one version', '[{route: [{destination: {host: reviews, subset: v1}}]}]', [['v1', 1, 1]]],
    ['nobody by name', '[{route: [{destination: {host: reviews}}]}]', [[null, 1, 1]]],
    [
      'a split',
      '[{route: [{destination: {host: reviews, subset: v1}, weight: 3}, {destination: {host: reviews, subset: v2}, weight: 1}]}]',
      [
        ['v1', 0.75, 0.75],
        ['v2', 0.25, 0.25],
      ],
    ],
    [
      'a testers’ route beside',
      '[{match: [{headers: {a: {}}}], route: [{destination: {host: reviews, subset: v2}}]}, {route: [{destination: {host: reviews, subset: v1}}]}]',
      [['v1', 1, 1]],
    ],
    [
      'other services’ weight left out',
      '[{route: [{destination: {host: reviews, subset: v1}, weight: 1}, {destination: {host: legacy}, weight: 9}]}]',
      [['v1', 1, 1]],
    ],
    [
      'two versions on routes that take anything',
      '[{match: [{port: 80}], route: [{destination: {host: reviews, subset: v1}}]}, {route: [{destination: {host: reviews, subset: v2}}]}]',
      [
        ['v1', 1, 0],
        ['v2', 1, 0],
      ],
    ],
  ])('%s', (_, http, expected) => {
    expect(seen(http)).toEqual(expected)
  })
})

describe('what an earlier release left', () => {
  const next = pairOf('v2', 'v3')
  const rules = rule(
    '[{name: v0, labels: {version: v0}}, {name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]',
  )
  const route = (old: string, weight: number) =>
    snapshotOf(
      `${virtualService(`[{route: [{destination: {host: reviews, subset: ${old}}, weight: ${weight}}, {destination: {host: reviews, subset: v2}, weight: 100}]}]`)}\n---\n${rules}`,
    )

  it.each([
    ['goes where it is ours and has no weight', 'v1', 0, 'v2=100 v3=0'],
    ['stays where it has weight', 'v1', 5, 'v1=5 v2=100 v3=0'],
    ['stays where it is not ours', 'v0', 0, 'v0=0 v2=100 v3=0'],
  ])('%s', (_, old, weight, expected) => {
    const start = route(old, weight)
    expect(routesText(done(start, planHandover(start, next, ['v1'])))).toEqual([
      `reviews http/0: ${expected}`,
    ])
  })
})

describe('the object that holds the state', () => {
  const named = (name: string, namespace: string, spec: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: ${namespace}}
spec: {${spec}, http: [{route: [{destination: {host: ${host}, subset: v1}}]}]}`
  const edge = named('edge', 'prod', 'hosts: [a.example.com], gateways: [g]')
  const older = named('older', 'web', 'hosts: [b.example.com], gateways: [g]')
  const mesh = named('central', 'routing', `hosts: [${host}]`)

  it.each([
    ['the mesh one, though younger and elsewhere', [edge, mesh], 'central'],
    ['that of the Service’s namespace', [older, edge], 'edge'],
    ['the oldest', [edge, edge.replace('name: edge', 'name: later')], 'edge'],
    ['none', [], null],
  ])('is %s', (_, yamls, name) => {
    expect(buildRouteModel(snapshotOf(yamls.join('\n---\n')), pair).primary?.name ?? null).toBe(name)
  })
})

describe('a version twice on a route', () => {
  it('shares its whole weight by largest remainder', () => {
    const start = snapshotOf(
      `${virtualService('[{route: [{destination: {host: reviews, subset: v1}, weight: 1}, {destination: {host: reviews, subset: v1}, weight: 2}, {destination: {host: reviews, subset: v2}, weight: 7}, {destination: {host: legacy}, weight: 90}]}]')}\n---\n${both}`,
    )
    const pinned = done(start, planPin(start, pair))
    expect(routesText(pinned)).toEqual(['reviews http/0: v1=3 v1=7 v2=0 legacy=90'])
    expect(routesText(done(pinned, planShift(pinned, pair, 50)))).toEqual([
      'reviews http/0: v1=2 v1=3 v2=5 legacy=90',
    ])
  })
})

describe('a private route to a private rule', () => {
  it('is nobody’s surprise: the warning stays a warning', () => {
    const own = snapshotOf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec: {hosts: [reviews], exportTo: ["."], http: [{route: [{destination: {host: reviews}}]}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: prod}
spec: {host: reviews, exportTo: ["."], subsets: [{name: v1, labels: {version: v1}}]}`)
    const seen = buildRouteModel(own, pair)
    expect(seen.problems).toEqual([])
    expect(seen.warnings.map(({ code }) => code)).toContain('SG-destination-rule-private')
  })
})

describe('the first version of all', () => {
  it('gets everything, alone', () => {
    const first = pairOf('v1', 'v1')
    const start = snapshotOf('')
    const ready = done(start, planSubsets(start, first))
    expect(routesText(done(ready, planPin(ready, first)))).toEqual(['reviews http/0: v1=100'])
  })

  it('speaks TCP where the Service does', () => {
    const ready = snapshotOf(both)
    const ports = [
      { name: 'http-web', port: 80, protocol: 'TCP', appProtocol: null },
      { name: 'data', port: 6379, protocol: 'TCP', appProtocol: 'redis' },
    ]
    const service = {
      name: 'reviews',
      namespace: 'prod',
      type: 'ClusterIP',
      clusterIP: '10.0.0.1',
      selector: {},
      ports,
    }
    const made = done(ready, planPin(ready, pair, {}, { service }))
    expect(routesText(made)).toEqual(['reviews http/0: v1=100 v2=0', 'reviews tcp/0: v1=100 v2=0'])
  })
})
