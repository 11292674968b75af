import { describe, expect, it } from '@jest/globals'
import type { JsonObject, KubeObject } from '../../src/release/kubernetes.ts'
import type { RoutingSnapshot } from '../../src/routing/istio/snapshot.ts'
import { codesOf, done, pairOf, routesText, snapshotOf, writesOf } from './cluster.ts'
import {
  planMirror,
  planPin,
  planPreview,
  planPreviewEnd,
  planPromote,
  planRestore,
  planShift,
  planSubsets,
  restoreOf,
  type Testers,
  validate,
} from './istio.ts'
import { schemaErrors } from './schema.ts'

const pair = pairOf()
const base = snapshotOf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]
  http:
  - name: api
    match: [{uri: {prefix: /api}}, {headers: {x-api: {}}}]
    rewrite: {uri: /}
    timeout: 3s
    retries: {attempts: 2}
    route: [{destination: {host: reviews}, headers: {request: {set: {x-a: b}}}}]
  - match: [{uri: {prefix: /other}}]
    route: [{destination: {host: ratings}}]
  - route: [{destination: {host: reviews, subset: v1}}]
`)
const ready = done(base, planSubsets(base, pair))
const pinned = done(ready, planPin(ready, pair))
const restore = restoreOf(base, pair)
const testers: Testers = { header: 'X-Tester', value: 'yes' }

const only = (snapshot: RoutingSnapshot) => snapshot.virtualServices[0] as KubeObject
const rules = (snapshot: RoutingSnapshot) => only(snapshot).spec?.http as JsonObject[]

describe('a preview for testers', () => {
  const shown = done(pinned, planPreview(pinned, pair, testers))

  it('stands before each divided route and inherits its match, rewrite, timeout, retries and headers', () => {
    expect(routesText(shown)).toEqual([
      'reviews http/0: v2=100',
      'reviews http/1: v1=100 v2=0',
      'reviews http/2: ratings=-',
      'reviews http/3: v2=100',
      'reviews http/4: v1=100 v2=0',
    ])
    expect(rules(shown)[0]).toEqual({
      name: 'shiftgate-preview-reviews-prod',
      match: [
        { uri: { prefix: '/api' }, headers: { 'x-tester': { exact: 'yes' } } },
        { headers: { 'x-api': {}, 'x-tester': { exact: 'yes' } } },
      ],
      rewrite: { uri: '/' },
      timeout: '3s',
      retries: { attempts: 2 },
      route: [
        {
          destination: { host: 'reviews', subset: 'v2' },
          headers: { request: { set: { 'x-a': 'b' } } },
          weight: 100,
        },
      ],
    })
    expect(schemaErrors(only(shown))).toEqual([])
    expect(validate(only(shown))).toEqual([])
  })

  it('is there once, however often it is asked for, and can be another one', () => {
    expect(writesOf(planPreview(shown, pair, testers))).toEqual([])
    const cookie = done(shown, planPreview(shown, pair, { cookie: 'team', value: 'a.b' }))
    expect(rules(cookie)).toHaveLength(5)
    const regex = new RegExp(
      (rules(cookie)[3] as never as { match: [{ headers: { cookie: { regex: string } } }] }).match[0].headers
        .cookie.regex,
    )
    expect(
      ['team=a.b', 'x=1; team=a.b; y=2', 'team=aXb', 'myteam=a.b', 'team=a.bc'].map((text) =>
        regex.test(text),
      ),
    ).toEqual([true, true, false, false, false])
  })

  it('leaves the weights to shift beside it, and goes on every way out', () => {
    const shifted = done(shown, planShift(shown, pair, 50))
    expect(routesText(shifted).slice(0, 2)).toEqual(['reviews http/0: v2=100', 'reviews http/1: v1=50 v2=50'])
    expect(done(shifted, planRestore(shifted, pair, restore))).toEqual(pinned)
    expect(done(shown, planPreviewEnd(shown, pair))).toEqual(pinned)
    const plain = done(pinned, planPromote(pinned, pair))
    expect(done(shifted, planPromote(shifted, pair))).toEqual(plain)
  })

  it('is refused where the route matches that header already, or the subset is missing', () => {
    expect(codesOf(planPreview(pinned, pair, { header: 'x-api', value: '1' }))).toEqual(['SG-preview-clash'])
    expect(codesOf(planPreview(pinned, pairOf('v1', 'v3'), testers))).toEqual(['IST0101'])
  })
})

describe('a mirror before any weight', () => {
  const mirrored = done(pinned, planMirror(pinned, pair, 5))

  it('comes, changes and goes', () => {
    const target = { host: 'reviews.prod.svc.cluster.local', subset: 'v2' }
    expect(rules(mirrored).map(({ mirrors }) => mirrors)).toEqual([
      [{ destination: target, percentage: { value: 5 } }],
      undefined,
      [{ destination: target, percentage: { value: 5 } }],
    ])
    expect(schemaErrors(only(mirrored))).toEqual([])
    expect(writesOf(planMirror(mirrored, pair, 5))).toEqual([])
    const more = done(mirrored, planMirror(mirrored, pair, 50))
    expect(done(more, planMirror(more, pair, 0))).toEqual(pinned)
    expect(done(more, planRestore(more, pair, restore))).toEqual(pinned)
  })

  it('leaves mirrors of others alone, and theirs to the canary where they were before', () => {
    const others = snapshotOf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]
  http:
  - route: [{destination: {host: reviews}}]
    mirrors:
    - {destination: {host: audit}}
`)
    const start = done(others, planSubsets(others, pair))
    const at = done(start, planPin(start, pair))
    const both = done(at, planMirror(at, pair, 10))
    expect(rules(both)[0]?.mirrors).toHaveLength(2)
    expect(done(both, planRestore(both, pair, restoreOf(others, pair)))).toEqual(at)
    const theirs = done(both, planShift(both, pair, 10))
    const kept = done(theirs, planRestore(theirs, pair, restoreOf(both, pair)))
    expect(rules(kept)[0]?.mirrors).toHaveLength(2)
  })

  it('is refused beside the old single mirror', () => {
    const old = snapshotOf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]
  http: [{route: [{destination: {host: reviews}}], mirror: {host: audit}}]
`)
    const start = done(old, planSubsets(old, pair))
    expect(codesOf(planMirror(start, pair, 10))).toEqual(['SG-mirror-taken'])
  })
})
