import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Json, JsonObject, JsonPatchOperation, KubeObject, Write } from '../../src/release/kubernetes.ts'
import type { RoutingSnapshot } from '../../src/routing/istio/snapshot.ts'
import { isObject } from '../../src/routing/json-patch.ts'
import { done, pairOf, writesOf } from './cluster.ts'
import { anyVirtualService, around, percents } from './generated.ts'
import {
  applyPatch,
  canaryShare,
  type Plan,
  planPin,
  planPromote,
  planRestore,
  planShift,
  restoreOf,
} from './istio.ts'
import { schemaErrors } from './schema.ts'

const pair = pairOf()

interface Weighted {
  destination: { host: string; subset?: string }
  weight?: number
}

const isPair = ({ destination }: Weighted) =>
  ['reviews', 'reviews.prod.svc.cluster.local'].includes(destination.host) && destination.subset !== 'v0'

/** Everything but the pair's destinations and any weight, order included. */
function masked(object: KubeObject): Json {
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(walk)
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [
        key,
        key === 'route' && Array.isArray(child)
          ? child
              .filter((item) => !isPair(item as unknown as Weighted))
              .map((item) => ({ ...(item as JsonObject), weight: null }))
          : walk(child),
      ]),
    )
  }
  return walk(object as unknown as Json)
}

function routes(object: KubeObject): Weighted[][] {
  return ['http', 'tls', 'tcp'].flatMap((kind) =>
    ((object.spec?.[kind] ?? []) as unknown as { route?: Weighted[] }[]).flatMap(({ route }) =>
      route === undefined ? [] : [route],
    ),
  )
}

function weights(route: Weighted[]): bigint[] {
  if (route.length === 1) return [BigInt(route[0]?.weight || 100)]
  return route.map(({ weight }) => BigInt(weight ?? 0))
}

const sum = (list: bigint[]) => list.reduce((total, item) => total + item, 0n)

function expectOthersKept(before: KubeObject, after: KubeObject): void {
  const [old, now] = [routes(before), routes(after)]
  expect(now).toHaveLength(old.length)
  for (const [index, route] of old.entries()) {
    const next = now[index] as Weighted[]
    const others = (list: Weighted[]) => weights(list).filter((_, at) => !isPair(list[at] as Weighted))
    const [a, b] = [others(route), others(next)]
    const [totalA, totalB] = [sum(weights(route)), sum(weights(next))]
    expect(a.map((weight) => weight * totalB)).toEqual(b.map((weight) => weight * totalA))
    for (const { weight } of next)
      expect(weight === undefined || (Number.isInteger(weight) && weight >= 0 && weight < 2 ** 31)).toBe(true)
  }
}

/** Whatever a patch changes, it has tested, whole destinations at a time; only additions to a list have no past. */
function expectGuarded(patch: JsonPatchOperation[]): void {
  const tested = patch.filter(({ op }) => op === 'test').map(({ path }) => path)
  for (const { op, path } of patch.slice(1)) {
    if (op === 'test' || path.endsWith('/-')) continue
    expect(tested.some((place) => path === place || path.startsWith(`${place}/`))).toBe(true)
  }
}

function expectSound(plan: Plan, snapshot: RoutingSnapshot): Write[] {
  const writes = writesOf(plan)
  for (const write of writes) {
    if (write.action !== 'patch') continue
    const before = snapshot.virtualServices.find(
      ({ metadata }) => metadata.name === write.ref.name,
    ) as KubeObject
    expect(write.patch[0]).toEqual({ op: 'replace', path: '/metadata/resourceVersion', value: '77' })
    expect(applyPatch(before, write.patch)).toEqual(write.result)
    expect(masked(write.result)).toEqual(masked(before))
    expectGuarded(write.patch)
    expect(schemaErrors(write.result)).toEqual([])
    expectOthersKept(before, write.result)
  }
  return writes
}

/** Pinnable: not every generated object has a route of the pair. */
function pinned(object: KubeObject): { start: RoutingSnapshot; at: RoutingSnapshot } | null {
  const start = around(object)
  const plan = planPin(start, pair)
  if (!plan.ok) {
    expect(plan.problems.map(({ code }) => code)).toEqual(['SG-no-route'])
    return null
  }
  expectSound(plan, start)
  return { start, at: done(start, plan) }
}

describe('laws of the editor', () => {
  it('changes weights and destinations of the pair and nothing else, keeps every other fraction', () => {
    fc.assert(
      fc.property(anyVirtualService, fc.array(percents, { maxLength: 4 }), (object, steps) => {
        const release = pinned(object)
        if (release === null) return
        let here = release.at
        for (const percent of steps) {
          const plan = planShift(here, pair, percent)
          expectSound(plan, here)
          here = done(here, plan)
          expect(writesOf(planShift(here, pair, percent))).toEqual([])
        }
        const plan = planPromote(here, pair)
        expectSound(plan, here)
        expect(canaryShare(done(here, plan), pair)).toEqual({ min: 1, max: 1 })
      }),
      { numRuns: 60 },
    )
  })

  it('gives the canary exactly the asked share of the pair’s own traffic, on every divided route', () => {
    fc.assert(
      fc.property(anyVirtualService, percents, (object, percent) => {
        const release = pinned(object)
        if (release === null) return
        const shifted = done(release.at, planShift(release.at, pair, percent))
          .virtualServices[0] as KubeObject
        const start = release.at.virtualServices[0] as KubeObject
        for (const [index, route] of routes(shifted).entries()) {
          if (JSON.stringify(routes(start)[index]) === JSON.stringify(route)) continue
          const on = (subset: string) =>
            sum(
              weights(route).filter(
                (_, at) => isPair(route[at] as Weighted) && route[at]?.destination.subset === subset,
              ),
            )
          const millionths = BigInt(Math.round(percent * 1e6))
          expect(on('v2') * 100_000_000n).toBe((on('v1') + on('v2')) * millionths)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('restores the pinned object deep-equal, wherever it was left', () => {
    fc.assert(
      fc.property(anyVirtualService, fc.array(percents, { minLength: 1, maxLength: 4 }), (object, steps) => {
        const release = pinned(object)
        if (release === null) return
        const restore = restoreOf(release.start, pair)
        expect(restoreOf(release.at, pair)).toEqual(restore)
        let here = release.at
        for (const percent of steps) here = done(here, planShift(here, pair, percent))
        const plan = planRestore(here, pair, restore)
        expectSound(plan, here)
        expect(done(here, plan)).toEqual(release.at)
        expect(writesOf(planRestore(release.at, pair, restore))).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('goes back without a memory of the pin, too', () => {
    fc.assert(
      fc.property(anyVirtualService, percents, (object, percent) => {
        const release = pinned(object)
        if (release === null) return
        const here = done(release.at, planShift(release.at, pair, percent))
        const plan = planRestore(here, pair, null)
        expectSound(plan, here)
        expect(canaryShare(done(here, plan), pair).max).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})
