import { describe, expect, it, test } from '@jest/globals'
import fc from 'fast-check'
import type { JsonObject, KubeObject } from '../../src/release/kubernetes.ts'
import { istioPlanner, istioSnapshot, toIstioSnapshot } from '../../src/routing/istio/planner.ts'
import type { RoutingSnapshot } from '../../src/routing/istio/snapshot.ts'
import { isObject } from '../../src/routing/json-patch.ts'
import { planRelease } from '../../src/routing/release-plan.ts'
import { codesOf, done, pairOf, routesText, snapshotOf, writesOf } from './cluster.ts'
import { anyVirtualService, around, percents } from './generated.ts'
import {
  applyPatch,
  canaryShare,
  planPin,
  planPromote,
  planRestore,
  planShift,
  planSubsets,
  restoreOf,
  type Sticky,
} from './istio.ts'
import { schemaErrors } from './schema.ts'

const pair = pairOf()
const sticky: Sticky = { cookie: 'canary', maxAge: 3600, release: 'reviews-v2-7' }

const objectWith = (http: string, more = '') =>
  snapshotOf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]
  http:
${http}
${more}`)

const base = objectWith(`
  - name: api
    match: [{uri: {prefix: /api}}, {headers: {x-api: {}}}]
    rewrite: {uri: /}
    timeout: 3s
    retries: {attempts: 2}
    headers: {request: {set: {x-a: b}}}
    route: [{destination: {host: reviews}, headers: {response: {add: {x-own: c}, remove: [server]}}}]
  - match: [{uri: {prefix: /other}}]
    route: [{destination: {host: ratings}}]
  - route: [{destination: {host: reviews, subset: v1}}]
`)

function pinnedOf(start: RoutingSnapshot): RoutingSnapshot {
  const ready = done(start, planSubsets(start, pair))
  return done(ready, planPin(ready, pair))
}

const only = (snapshot: RoutingSnapshot) => snapshot.virtualServices[0] as KubeObject
const rules = (snapshot: RoutingSnapshot) => only(snapshot).spec?.http as JsonObject[]
const routeOf = (rule: JsonObject | undefined) => rule?.route as JsonObject[]

describe('users who stay on the canary', () => {
  const pinned = pinnedOf(base)
  const kept = done(pinned, planShift(pinned, pair, 10, {}, sticky))
  const cookie =
    /^canary=(shiftgate-[0-9a-f]{8}-[0-9a-f]{16}); Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/

  it('have a rule before each divided route, which inherits everything and asks for the cookie too', () => {
    expect(routesText(kept)).toEqual([
      'reviews http/0: v2=100',
      'reviews http/1: v1=90 v2=10',
      'reviews http/2: ratings=-',
      'reviews http/3: v2=100',
      'reviews http/4: v1=90 v2=10',
    ])
    const [rule, route] = rules(kept)
    const { name, match, route: to, ...inherited } = rule ?? {}
    const { name: _, match: asked, route: __, ...own } = route ?? {}
    expect(name).toBe('shiftgate-sticky-reviews-prod')
    expect(inherited).toEqual(own)
    const condition = { cookie: { regex: expect.stringMatching(/^\^\(\.\*;\\s\*\)\?canary=shiftgate-/) } }
    expect(match).toEqual(
      (asked as JsonObject[]).map((each) => ({
        ...each,
        headers: { ...(isObject(each.headers) ? each.headers : {}), ...condition },
      })),
    )
    expect(to).toEqual([{ ...routeOf(route)[1], weight: 100 }])
    expect(schemaErrors(only(kept))).toEqual([])
  })

  it('get the cookie from the canary alone, beside the headers that were there', () => {
    const [stable, canary] = routeOf(rules(kept)[1])
    expect(stable?.headers).toEqual({ response: { add: { 'x-own': 'c' }, remove: ['server'] } })
    expect(canary?.headers).toEqual({
      response: { add: { 'x-own': 'c', 'Set-Cookie': expect.stringMatching(cookie) }, remove: ['server'] },
    })
    expect(JSON.stringify(routeOf(rules(kept)[4])[0])).not.toContain('Set-Cookie')
  })

  it('match by the very cookie that was set, wherever it stands, and by no other release’s', () => {
    const text = JSON.stringify(routeOf(rules(kept)[0]))
    const [, value = ''] = /canary=(shiftgate-[0-9a-f-]+);/.exec(text) ?? []
    const [match] = (rules(kept)[3]?.match ?? []) as { headers: { cookie: { regex: string } } }[]
    const asked = new RegExp(match?.headers.cookie.regex ?? '$^')
    for (const header of [`canary=${value}`, `a=b; canary=${value}`, `canary=${value}; z=1`])
      expect(asked.test(header)).toBe(true)
    for (const header of [`canary=${value}0`, `xcanary=${value}`, 'canary=always'])
      expect(asked.test(header)).toBe(false)
    const later = done(pinned, planShift(pinned, pair, 10, {}, { ...sticky, release: 'reviews-v2-8' }))
    expect(JSON.stringify(only(later))).not.toContain(value)
  })

  it('cost no second write at the same share, and one patch to leave', () => {
    expect(writesOf(planShift(kept, pair, 10, {}, sticky))).toEqual([])
    const next = writesOf(planShift(kept, pair, 50, {}, sticky))
    expect(JSON.stringify(next.map((write) => (write.action === 'patch' ? write.patch : [])))).not.toContain(
      '"path":"/spec/http/0"',
    )
    for (const plan of [planPromote(kept, pair), planRestore(kept, pair, restoreOf(base, pair))]) {
      expect(writesOf(plan)).toHaveLength(1)
      expect(JSON.stringify(only(done(kept, plan)))).not.toMatch(/shiftgate-sticky|Set-Cookie/)
    }
    expect(only(done(kept, planShift(kept, pair, 10)))).toEqual(
      only(done(pinned, planShift(pinned, pair, 10))),
    )
  })

  it('leave the canary’s share what it was asked to be', () => {
    expect(canaryShare(kept, pair)).toEqual({ min: 0.1, max: 0.1 })
  })

  it('are let go by a rollback although somebody took stable out meanwhile', () => {
    const http = rules(kept).map((rule) =>
      routeOf(rule).length === 2 ? { ...rule, route: [{ ...routeOf(rule)[1], weight: 100 }] } : rule,
    )
    const edited = { ...kept, virtualServices: [{ ...only(kept), spec: { hosts: ['reviews'], http } }] }
    const back = done(
      edited as RoutingSnapshot,
      planRestore(edited as RoutingSnapshot, pair, restoreOf(base, pair)),
    )
    expect(JSON.stringify(only(back))).not.toMatch(/shiftgate-sticky|Set-Cookie/)
    expect(canaryShare(back, pair).max).toBe(0)
  })

  it('are kept between their first share and 100%', () => {
    const routes = {
      steps: [5, 20, 100],
      preview: null,
      mirror: null,
      sticky: { ...sticky, from: 20 },
      retired: [],
      service: null,
    }
    const { stable, canary, ...target } = pair
    const sides = {
      ...target,
      stable: { version: stable.version, destination: stable.subset },
      canary: { version: canary.version, destination: canary.subset },
    }
    const kept = planRelease(istioPlanner, toIstioSnapshot(base), sides, routes)
      .filter(({ change }) => change.kind === 'share')
      .map(({ words, plan }) => [words, plan.ok ? rules(istioSnapshot(plan.after)).length : plan.problems])
    expect(kept).toEqual([
      ['5%', 3],
      ['20%', 5],
      ['100%', 3],
    ])
  })

  test.each([
    [
      'a cookie of its own',
      '{headers: {response: {set: {set-cookie: a=b}}}, destination: {host: reviews}}',
      '',
    ],
    ['an empty map', '{headers: {response: {}}, destination: {host: reviews}}', ''],
    ['a match by cookie', '{destination: {host: reviews}}', 'match: [{headers: {cookie: {exact: a=b}}}]'],
  ])('%s is refused', (_, entry, match) => {
    const pinned = pinnedOf(objectWith(`  - {route: [${entry}]${match === '' ? '' : `, ${match}`}}`))
    expect(codesOf(planShift(pinned, pair, 10, {}, sticky))).toEqual(['SG-sticky-clash'])
    expect(writesOf(planShift(pinned, pair, 10))).toHaveLength(1)
  })

  it('leaves connections alone and says so', () => {
    const start = objectWith(
      '  - route: [{destination: {host: reviews}}]',
      '  tcp: [{match: [{port: 9000}], route: [{destination: {host: reviews}}]}]',
    )
    const pinned = pinnedOf(start)
    const plan = planShift(pinned, pair, 10, {}, sticky)
    expect(plan.ok && plan.warnings.map(({ code }) => code)).toContain('SG-sticky-connections')
    expect(routesText(done(pinned, plan))).toEqual([
      'reviews http/0: v2=100',
      'reviews http/1: v1=90 v2=10',
      'reviews tcp/0: v1=90 v2=10',
    ])
  })
})

describe('laws of staying', () => {
  const asks = (object: KubeObject) => {
    const start = around(object)
    const plan = planPin(start, pair)
    return plan.ok ? { start, at: done(start, plan) } : null
  }

  it('everything but our rules and cookies is what it is without them, and a rollback leaves nothing', () => {
    let seen = 0
    fc.assert(
      fc.property(anyVirtualService, fc.array(percents, { minLength: 1, maxLength: 4 }), (object, steps) => {
        const release = asks(object)
        if (release === null) return
        const restore = restoreOf(release.start, pair)
        let here = release.at
        let plain = release.at
        for (const percent of steps) {
          const plan = planShift(here, pair, percent, {}, sticky)
          for (const write of writesOf(plan)) {
            if (write.action !== 'patch') continue
            expect(applyPatch(only(here), write.patch)).toEqual(write.result)
            expect(schemaErrors(write.result)).toEqual([])
          }
          here = done(here, plan)
          plain = done(plain, planShift(plain, pair, percent))
          if (JSON.stringify(here).includes('Set-Cookie')) seen += 1
          expect(canaryShare(here, pair)).toEqual(canaryShare(plain, pair))
          expect(done(here, planShift(here, pair, percent))).toEqual(plain)
          expect(writesOf(planShift(here, pair, percent, {}, sticky))).toEqual([])
        }
        expect(done(here, planRestore(here, pair, restore))).toEqual(release.at)
        expect(done(here, planPromote(here, pair))).toEqual(done(plain, planPromote(plain, pair)))
      }),
      { numRuns: 60 },
    )
    expect(seen).toBeGreaterThan(20)
  })
})
