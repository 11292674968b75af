import { describe, expect, test } from '@jest/globals'
import type { Pod } from '../../src/release/kubernetes.ts'
import { istioPlanner, toIstioSnapshot } from '../../src/routing/istio/planner.ts'
import { reachedShare, strayTraffic } from '../../src/routing/reach.ts'
import type { VersionPair } from '../../src/routing/routing.ts'
import { snapshotOf } from './cluster.ts'

const pair: VersionPair = {
  namespace: 'prod',
  service: 'reviews',
  clusterDomain: 'cluster.local',
  stable: { version: 'v1', destination: 'v1' },
  canary: { version: 'v2', destination: 'v2' },
}

const pod = (version: string | null, more: Partial<Pod> = {}): Pod => ({
  name: `reviews-${version}`,
  workload: 'reviews',
  version,
  labels: version === null ? { app: 'reviews' } : { app: 'reviews', version },
  ready: true,
  deleting: false,
  createdAt: 0,
  waiting: null,
  restarts: 0,
  injected: true,
  ...more,
})

const service = (name: string, spec: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: prod}
spec: ${spec}
`
const rule = (subsets: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: prod}
spec: {host: reviews, subsets: ${subsets}}
`
const both = '[{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]'
const to = (subset: string | null, weight: number) =>
  `{destination: {host: reviews${subset === null ? '' : `, subset: ${subset}`}}, weight: ${weight}}`
const mesh = (...destinations: string[]) =>
  service('reviews', `{hosts: [reviews], http: [{route: [${destinations.join(', ')}]}]}`)
const running = [pod('v1'), pod('v1'), pod('v2')]

const name = 'VirtualService prod/reviews http route #0'

describe('where the requests of a target end', () => {
  test.each([
    {
      about: 'all on stable',
      objects: [mesh(to('v1', 100), to('v2', 0)), rule(both)],
      share: { min: 1, max: 1 },
      stray: [],
    },
    {
      about: "the canary's subset was relabelled to stable's pods: what is written as v2 reaches v1",
      objects: [
        mesh(to('v1', 80), to('v2', 20)),
        rule('[{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v1}}]'),
      ],
      share: { min: 1, max: 1 },
      stray: [],
    },
    {
      about: "stable's subset was relabelled to the canary's pods: all of it reaches the canary",
      objects: [mesh(to('v1', 100)), rule('[{name: v1, labels: {version: v2}}]')],
      share: { min: 0, max: 0 },
      stray: [`${name} sends 100% to v2.`],
    },
    {
      about: "stable's subset selects every version",
      objects: [mesh(to('v1', 100)), rule('[{name: v1, labels: {app: reviews}}]')],
      share: { min: 2 / 3, max: 2 / 3 },
      stray: [`${name} sends 33.3% to v2.`],
    },
    {
      about: "stable's subset was deleted",
      objects: [mesh(to('v1', 100), to('v2', 0)), rule('[{name: v2, labels: {version: v2}}]')],
      share: { min: 0, max: 0 },
      stray: [`${name} sends 100% to subset v1, where nobody answers (no DestinationRule defines it).`],
    },
    {
      about: 'the whole DestinationRule was deleted',
      objects: [mesh(to('v1', 100))],
      share: { min: 0, max: 0 },
      stray: [`${name} sends 100% to subset v1, where nobody answers (no DestinationRule defines it).`],
    },
    {
      about: 'a third destination holds half',
      objects: [mesh(to('v1', 50), to('v2', 0), '{destination: {host: ratings}, weight: 50}'), rule(both)],
      share: { min: 0.5, max: 0.5 },
      stray: [`${name} sends 50% to ratings.prod.svc.cluster.local.`],
    },
    {
      about: 'one of several VirtualServices still sends a part',
      objects: [
        mesh(to('v1', 100)),
        service(
          'edge',
          `{hosts: [shop.example.com], gateways: [istio/public], http: [{route: [${to('v1', 80)}, ${to('v2', 20)}]}]}`,
        ),
        rule(both),
      ],
      share: { min: 0.8, max: 1 },
      stray: ['VirtualService prod/edge http route #0 sends 20% to v2.'],
    },
    {
      about: 'a destination without a subset reaches the pods of all versions',
      objects: [mesh(to(null, 100)), rule(both)],
      share: { min: 2 / 3, max: 2 / 3 },
      stray: [`${name} sends 33.3% to v2.`],
    },
    {
      about: 'no VirtualService binds the sidecars: they call the Service itself',
      objects: [rule(both)],
      share: { min: 2 / 3, max: 2 / 3 },
      stray: ['Service prod/reviews sends 33.3% to v2.'],
    },
    {
      about: 'no ready pod',
      objects: [mesh(to('v1', 100)), rule(both)],
      pods: [pod('v1', { ready: false }), pod('v1', { deleting: true }), pod('v2')],
      share: { min: 0, max: 0 },
      stray: [
        `${name} sends 100% to subset v1, where nobody answers (its labels version=v1 select no ready pod).`,
      ],
    },
    {
      about: 'testers are told apart from everybody',
      objects: [
        service(
          'reviews',
          `{hosts: [reviews], http: [{match: [{headers: {x-test: {exact: a}}}], route: [${to('v2', 100)}]}, {route: [${to('v1', 100)}]}]}`,
        ),
        rule(both),
      ],
      share: { min: 1, max: 1 },
      stray: [`${name} sends of the requests that it matches 100% to v2.`],
    },
    {
      about: 'weights that nobody can read',
      objects: [mesh(to('v1', -1)), rule(both)],
      share: { min: 0, max: 0 },
      stray: [`${name} sends 100% to its destinations, where nobody answers (a weight is negative).`],
    },
  ])('$about', ({ objects, pods, share, stray }) => {
    const snapshot = toIstioSnapshot(snapshotOf(objects.join('\n---\n')))
    const reach = istioPlanner.reach(snapshot, pair, { service: null, workloads: [], pods: pods ?? running })
    expect(strayTraffic(reach, 'v1')).toEqual(stray)
    expect(reachedShare(reach, 'v1').min).toBeCloseTo(share.min)
    expect(reachedShare(reach, 'v1').max).toBeCloseTo(share.max)
  })

  test('versions with Services of their own are told by those', () => {
    const host = (version: string) => `reviews-${version}.prod.svc.cluster.local`
    const split: VersionPair = {
      ...pair,
      stable: { ...pair.stable, host: host('v1') },
      canary: { ...pair.canary, host: host('v2') },
      hosts: [host('v1'), host('v2')],
    }
    const snapshot = toIstioSnapshot(
      snapshotOf(
        mesh(
          '{destination: {host: reviews-v1}, weight: 90}',
          '{destination: {host: reviews-v2}, weight: 10}',
        ),
      ),
    )
    const reach = istioPlanner.reach(snapshot, split, { service: null, workloads: [], pods: running })
    expect(strayTraffic(reach, 'v1')).toEqual([`${name} sends 10% to v2.`])
  })
})

describe('putting back, whatever became of the subsets', () => {
  const putBack = (...objects: string[]) => {
    const snapshot = toIstioSnapshot(snapshotOf(objects.join('\n---\n')))
    return istioPlanner.plan(snapshot, pair, { kind: 'put-back', restore: null })
  }

  test.each(['v3', 'v1'])('a canary subset that selects %s now has no weight afterwards', (version) => {
    const relabelled = `[{name: v1, labels: {version: v1}}, {name: v2, labels: {version: ${version}}}]`
    const plan = putBack(mesh(to('v1', 80), to('v2', 20)), rule(relabelled))
    if (!plan.ok) throw new Error(plan.problems.map(({ text }) => text).join('\n'))
    expect(JSON.stringify(plan.after)).toContain('"subset":"v2"},"weight":0')
    const reach = istioPlanner.reach(plan.after, pair, { service: null, workloads: [], pods: running })
    expect(strayTraffic(reach, 'v1')).toEqual([])
  })

  test('a stable subset that is gone is not given weight', () => {
    const plan = putBack(mesh(to('v1', 0), to('v2', 100)), rule('[{name: v2, labels: {version: v2}}]'))
    expect(plan).toMatchObject({ ok: false, problems: [{ code: 'IST0101' }] })
  })
})

describe('whose a subset is', () => {
  const tracked = [
    mesh(to('stable', 100)),
    rule('[{name: stable, labels: {track: stable}}, {name: beta, labels: {track: beta}}]'),
  ].join('\n---\n')
  const versions = [
    { version: 'v1', labels: { app: 'reviews', version: 'v1', track: 'stable' } },
    { version: 'v2', labels: { app: 'reviews', version: 'v2', track: 'canary' } },
  ]

  test('one that selects the pods of one version belongs to it, whatever its labels are', () => {
    const view = istioPlanner.view(toIstioSnapshot(snapshotOf(tracked)), { ...pair, versions })
    expect(view.serving).toMatchObject([{ destination: 'stable', version: 'v1', share: 1 }])
    expect(view.destinationOf('v1')).toEqual({ name: 'stable', exists: true })
    expect(view.destinationOf('v2').exists).toBe(false)
  })

  test.each([
    ['unrelated to both versions: its route stays', 'beta', versions, 'fine'],
    ['of pods of both versions: the canary’s could be among them', 'both', versions, 'refused'],
    ['not to be told in a file: said', 'beta', undefined, 'warned'],
  ])('one %s', (_, name, known, expected) => {
    const spec = `{hosts: [reviews], http: [{match: [{headers: {x-lab: {exact: a}}}], route: [${to(name, 100)}]}, {route: [${to('v1', 100)}]}]}`
    const subsets =
      '[{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: beta, labels: {track: beta}}, {name: both, labels: {app: reviews}}]'
    const snapshot = toIstioSnapshot(snapshotOf([service('reviews', spec), rule(subsets)].join('\n---\n')))
    const target = known === undefined ? pair : { ...pair, versions: known }
    const plan = istioPlanner.plan(snapshot, target, { kind: 'pin', retired: [], service: null })
    const codes = plan.ok ? plan.warnings.map(({ code }) => code) : plan.problems.map(({ code }) => code)
    expect([plan.ok, codes]).toEqual(
      {
        fine: [true, []],
        refused: [false, ['SG-subset-without-version']],
        warned: [true, ['SG-subset-without-version']],
      }[expected],
    )
  })
})
