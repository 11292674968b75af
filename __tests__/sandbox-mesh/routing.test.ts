import { describe, expect, test } from '@jest/globals'
import type { JsonObject, KubeObject } from '../../src/release/kubernetes.ts'
import type { Caller } from '../../src/simulation/traffic-model.ts'
import {
  createWorld,
  destinationRule,
  deviations,
  gateway,
  host,
  plain,
  pod,
  routesOf,
  service,
  virtualService,
  type World,
  web,
  weighted,
} from './world.ts'

/** twoVersions has a pod of v1 and one of v2, subsets for both, and one caller. */
function twoVersions(caller: Caller, objects: KubeObject[], rules = [destinationRule(['v1', 'v2'])]): World {
  const world = createWorld({ ...plain, callers: [caller] })
  world.put(pod('p1', 'v1'))
  world.put(pod('p2', 'v2'))
  for (const object of [...rules, ...objects]) {
    world.put(object)
    // Creation times differ, so that the order of age is the order here.
    world.live(1)
  }
  world.live(1)
  return world
}

/** sharesOf gives where requests went in ten seconds, as shares: by version, else by code and flag. */
function sharesOf(world: World): Record<string, number> {
  const read = (): Map<string, number> => {
    const sums = new Map<string, number>()
    for (const { labels, value } of world.samples({ reporter: 'source' })) {
      const version = labels['destination_version'] ?? ''
      const key = version === 'unknown' ? `${labels['response_code']} ${labels['response_flags']}` : version
      sums.set(key, (sums.get(key) ?? 0) + value)
    }
    return sums
  }
  const before = read()
  world.live(10)
  const grown = [...read()].map(([key, value]) => [key, value - (before.get(key) ?? 0)] as const)
  const all = grown.reduce((sum, [, value]) => sum + value, 0)
  return Object.fromEntries(grown.filter(([, value]) => value > 0).map(([key, value]) => [key, value / all]))
}

const toV1 = { route: routesOf({ v1: null }) }
const toV2 = { route: routesOf({ v2: null }) }

function meshRoute(name: string, http: JsonObject[], more: JsonObject = {}, namespace = 'shop'): KubeObject {
  return virtualService(name, { hosts: [host], http, ...more }, namespace)
}

function edge(name: string, http: JsonObject[], hosts = ['shop.example.com']): KubeObject {
  return virtualService(name, { hosts, gateways: ['istio-ingress/public'], http })
}

function asking(
  request: { path?: string; method?: string; headers?: Record<string, string> },
  caller = web,
): Caller {
  return { ...caller, requests: [{ share: 1, ...request }] }
}

describe('which VirtualService', () => {
  test.each<[string, Caller, KubeObject[], string]>([
    ['the older of two for the mesh', web, [meshRoute('b', [toV1]), meshRoute('a', [toV2])], 'v1'],
    [
      'short names mean the namespace of the object',
      web,
      [
        virtualService('a', {
          hosts: ['my-api'],
          http: [{ route: [{ destination: { host: 'my-api', subset: 'v2' } }] }],
        }),
      ],
      'v2',
    ],
    [
      'a dotted short name is taken literally',
      web,
      [meshRoute('a', [{ route: [{ destination: { host: 'my-api.shop', subset: 'v2' } }] }])],
      '503 NC',
    ],
    [
      'an exact host before an older wildcard',
      web,
      [virtualService('a', { hosts: ['*.shop.svc.cluster.local'], http: [toV1] }), meshRoute('b', [toV2])],
      'v2',
    ],
    [
      'one of the gateways only does not move the mesh',
      web,
      [edge('a', [toV2], [host]), meshRoute('b', [toV1])],
      'v1',
    ],
    [
      'private to the client before an older public one',
      web,
      [meshRoute('a', [toV1]), meshRoute('b', [toV2], { exportTo: ['.'] }, 'web')],
      'v2',
    ],
    [
      'exported to nobody the client is',
      web,
      [meshRoute('a', [toV2], { exportTo: ['.'] }), meshRoute('b', [toV1])],
      'v1',
    ],
    ['a gateway ignores the mesh', gateway, [meshRoute('a', [toV1]), edge('b', [toV2])], 'v2'],
    ['a gateway without routes', gateway, [meshRoute('a', [toV1])], '404 NR'],
    [
      'a gateway merges by age, catch-alls last',
      asking({ path: '/api/x' }, gateway),
      [edge('a', [toV1]), edge('b', [{ match: [{ uri: { prefix: '/api' } }], ...toV2 }])],
      'v2',
    ],
    ['the first catch-all of a gateway wins', gateway, [edge('a', [toV1]), edge('b', [toV2])], 'v1'],
    [
      'the exact host of a gateway before a wildcard',
      { ...gateway, host: 'shop.example.com', gateway: 'istio-ingress/public' },
      [edge('a', [toV1], ['*.example.com']), edge('b', [toV2])],
      'v2',
    ],
  ])('%s', (_name, caller, objects, wanted) => {
    expect(sharesOf(twoVersions(caller, objects))).toEqual({ [wanted]: 1 })
  })
})

describe('which rule', () => {
  const matched = (match: JsonObject): JsonObject[] => [{ match: [match], ...toV2 }, toV1]
  test.each<[string, JsonObject[], Parameters<typeof asking>[0], string]>([
    ['the first that fits', [toV1, toV2], {}, 'v1'],
    ['exact path', matched({ uri: { exact: '/a' } }), { path: '/a' }, 'v2'],
    ['exact path, another', matched({ uri: { exact: '/a' } }), { path: '/ab' }, 'v1'],
    ['prefix', matched({ uri: { prefix: '/a' } }), { path: '/ab?x=1' }, 'v2'],
    ['prefix, case ignored', matched({ uri: { prefix: '/A' }, ignoreUriCase: true }), { path: '/ab' }, 'v2'],
    ['regex takes the whole path', matched({ uri: { regex: '/a.' } }), { path: '/abc' }, 'v1'],
    [
      'header',
      matched({ headers: { 'x-canary': { exact: 'yes' } } }),
      { headers: { 'x-canary': 'yes' } },
      'v2',
    ],
    ['header present', matched({ headers: { 'x-canary': {} } }), { headers: { 'x-canary': '' } }, 'v2'],
    ['header missing', matched({ headers: { 'x-canary': {} } }), {}, 'v1'],
    ['without header', matched({ withoutHeaders: { 'x-old': {} } }), {}, 'v2'],
    ['method', matched({ method: { exact: 'POST' } }), { method: 'POST' }, 'v2'],
    ['query', matched({ queryParams: { v: { exact: '2' } } }), { path: '/?v=2' }, 'v2'],
    [
      'and within a match',
      matched({ uri: { prefix: '/a' }, method: { exact: 'POST' } }),
      { path: '/a' },
      'v1',
    ],
    ['source namespace', matched({ sourceNamespace: 'web' }), {}, 'v2'],
    ['source labels', matched({ sourceLabels: { app: 'other' } }), {}, 'v1'],
    ['gateways', matched({ gateways: ['mesh'] }), {}, 'v2'],
    ['none', [{ match: [{ uri: { prefix: '/a' } }], ...toV2 }], {}, '404 NR'],
    ['redirect', [{ redirect: { uri: '/', redirectCode: 308 } }], {}, '308 -'],
    ['direct response', [{ directResponse: { status: 503 } }], {}, '503 -'],
  ])('%s', (_name, http, request, wanted) => {
    expect(sharesOf(twoVersions(asking(request), [meshRoute('a', http)]))).toEqual({ [wanted]: 1 })
  })

  test('a delegate is bound to the matches of its root', () => {
    const root = edge('root', [
      { match: [{ uri: { prefix: '/api' } }], delegate: { name: 'api', namespace: 'shop' } },
      toV1,
    ])
    const delegate = virtualService('api', {
      http: [{ match: [{ uri: { prefix: '/api/v2' } }], ...toV2 }, toV1],
    })
    const of = (path: string): unknown =>
      sharesOf(
        twoVersions(
          asking({ path }, { ...gateway, host: 'shop.example.com', gateway: 'istio-ingress/public' }),
          [root, delegate],
        ),
      )
    expect(of('/api/v2/x')).toEqual({ v2: 1 })
    expect(of('/api/v1')).toEqual({ v1: 1 })
    expect(of('/')).toEqual({ v1: 1 })
  })

  test('a fault aborts its share before the requests leave', () => {
    const fault = { abort: { httpStatus: 418, percentage: { value: 30 } } }
    const shares = sharesOf(twoVersions(web, [meshRoute('a', [{ ...toV2, fault }])]))
    expect(deviations((shares['418 FI'] ?? 0) * 2000, 2000, 0.3)).toBeLessThan(4)
    expect((shares['418 FI'] ?? 0) + (shares['v2'] ?? 0)).toBeCloseTo(1, 12)
  })

  test('mirrored requests are seen by the pods only', () => {
    const world = twoVersions(web, [
      meshRoute('a', [{ ...toV1, mirror: { host, subset: 'v2' }, mirrorPercentage: { value: 50 } }]),
    ])
    const before = world.total({ reporter: 'destination', destination_version: 'v2' })
    const sent = world.mesh.truth().requests
    expect(sharesOf(world)).toEqual({ v1: 1 })
    const mirrored = world.total({ reporter: 'destination', destination_version: 'v2' }) - before
    expect(deviations(mirrored, world.mesh.truth().requests - sent, 0.5)).toBeLessThan(4)
  })

  test('two Services of two versions split as subsets do', () => {
    const world = twoVersions(web, [])
    world.put({
      ...service('my-api-canary'),
      spec: { selector: { app: 'my-api', version: 'v2' }, ports: [] },
    })
    world.put(
      meshRoute('a', [
        {
          route: [
            { destination: { host: 'my-api', subset: 'v1' }, weight: 80 },
            { destination: { host: 'my-api-canary' }, weight: 20 },
          ],
        },
      ]),
    )
    world.live(2)
    const shares = sharesOf(world)
    expect(deviations((shares['v2'] ?? 0) * 2000, 2000, 0.2)).toBeLessThan(4)
    expect(world.samples({ destination_service_name: 'my-api-canary', reporter: 'source' })).not.toEqual([])
  })
})

describe('which subsets', () => {
  const route = weighted({ v1: 0, v2: 100 })
  test.each<[string, KubeObject[], string]>([
    ['of the Service namespace', [destinationRule(['v2'])], 'v2'],
    [
      "a rule in the client's namespace hides them",
      [destinationRule(['v2']), destinationRule(['v1'], { namespace: 'web' })],
      '503 NC',
    ],
    [
      'even a wildcard there',
      [destinationRule(['v2']), destinationRule([], { namespace: 'web', host: '*.local' })],
      '503 NC',
    ],
    [
      'the root namespace where nobody else says',
      [destinationRule(['v2'], { namespace: 'istio-system' })],
      'v2',
    ],
    [
      'the most specific host wins whole',
      [destinationRule(['v2'], { name: 'wide', host: '*.shop.svc.cluster.local' }), destinationRule(['v1'])],
      '503 NC',
    ],
    [
      'several rules of one host are merged',
      [destinationRule(['v1']), destinationRule(['v2'], { name: 'more' })],
      'v2',
    ],
    ['a short host means its own namespace', [destinationRule(['v2'], { host: 'my-api' })], 'v2'],
  ])('%s', (_name, rules, wanted) => {
    expect(sharesOf(twoVersions(web, [route], rules))).toEqual({ [wanted]: 1 })
  })

  test('the older of two subsets of a name wins', () => {
    const wrong = destinationRule([], { name: 'later' })
    const rules = [
      destinationRule(['v2']),
      { ...wrong, spec: { host, subsets: [{ name: 'v2', labels: { version: 'v1' } }] } },
    ]
    expect(sharesOf(twoVersions(web, [route], rules))).toEqual({ v2: 1 })
  })

  test('a subset without labels is every pod', () => {
    const all = { ...destinationRule([]), spec: { host, subsets: [{ name: 'v2' }] } }
    const shares = sharesOf(twoVersions(web, [route], [all]))
    expect(deviations((shares['v1'] ?? 0) * 2000, 2000, 0.5)).toBeLessThan(4)
  })

  test('a rule with a selector holds for the clients it selects only', () => {
    const selecting = (app: string): KubeObject => ({
      ...destinationRule(['v2'], { name: 'chosen', namespace: 'web' }),
      spec: {
        host,
        workloadSelector: { matchLabels: { app } },
        subsets: [{ name: 'v2', labels: { version: 'v2' } }],
      },
    })
    const general = destinationRule(['v1'], { namespace: 'web' })
    expect(sharesOf(twoVersions(web, [route], [general, selecting('web')]))).toEqual({ v2: 1 })
    expect(sharesOf(twoVersions(web, [route], [general, selecting('other')]))).toEqual({ '503 NC': 1 })
  })
})
