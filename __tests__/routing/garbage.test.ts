import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { stringify } from 'yaml'
import type { Json, KubeObject } from '../../src/release/kubernetes.ts'
import type { RoutingSnapshot } from '../../src/routing/istio/snapshot.ts'
import { pairOf } from './cluster.ts'
import { anyVirtualService, around } from './generated.ts'
import {
  applyPatch,
  buildRouteModel,
  canaryShare,
  detectDrift,
  detectSplit,
  findConflicts,
  findOwners,
  type Plan,
  planMirror,
  planPin,
  planPreview,
  planRestore,
  planShift,
  planSubsetRemoval,
  planSubsets,
  renderYaml,
  restoreOf,
  servingVersions,
  validate,
} from './istio.ts'

const pair = pairOf()

/** Replaces some values, wherever they are, by something that doesn't belong there. */
function spoiled(value: Json, spoil: (depth: number) => Json | undefined, depth = 0): Json {
  const replacement = depth > 0 ? spoil(depth) : undefined
  if (replacement !== undefined) return replacement
  if (Array.isArray(value)) return value.map((item) => spoiled(item, spoil, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, spoiled(child, spoil, depth + 1)]),
  )
}

const odd = fc.oneof(
  fc.constantFrom<Json>(null, [], {}, '', 0, -1, 1.5, 1e21, true, 'x', [null], [[]], { host: 5 }),
  fc.jsonValue() as fc.Arbitrary<Json>,
)

const spoiledSnapshot = fc
  .record({
    object: anyVirtualService,
    values: fc.array(odd, { minLength: 1, maxLength: 4 }),
    chances: fc.infiniteStream(fc.integer({ min: 0, max: 40 })),
    rule: fc.boolean(),
  })
  .map(({ object, values, chances, rule }): RoutingSnapshot => {
    let used = 0
    const spoil = (): Json | undefined =>
      chances.next().value === 0 ? values[used++ % values.length] : undefined
    const start = around(object)
    const spoilSpec = (each: KubeObject): KubeObject => ({
      ...each,
      spec: spoiled(each.spec ?? {}, spoil) as NonNullable<KubeObject['spec']>,
    })
    return {
      ...start,
      virtualServices: start.virtualServices.map(spoilSpec),
      destinationRules: rule ? start.destinationRules.map(spoilSpec) : start.destinationRules,
    }
  })

describe('objects that are not what they should be', () => {
  it('are refused or edited, never thrown over; what is planned can be applied', () => {
    fc.assert(
      fc.property(spoiledSnapshot, (snapshot) => {
        const plans: Plan[] = [
          planSubsets(snapshot, pair),
          planPin(snapshot, pair),
          planShift(snapshot, pair, 10),
          planRestore(snapshot, pair, restoreOf(snapshot, pair)),
          planPreview(snapshot, pair, { header: 'x-a', value: 'b' }),
          planMirror(snapshot, pair, 5),
          planSubsetRemoval(snapshot, pair, 'v2'),
        ]
        for (const plan of plans) {
          for (const write of plan.ok ? plan.writes : []) {
            if (write.action !== 'patch') continue
            const objects = [...snapshot.virtualServices, ...snapshot.destinationRules]
            const before = objects.find(({ kind }) => kind === write.ref.kind) as KubeObject
            expect(applyPatch(before, write.patch)).toEqual(write.result)
          }
        }
        const { min, max } = canaryShare(snapshot, pair)
        expect(min).toBeGreaterThanOrEqual(0)
        expect(max).toBeLessThanOrEqual(1)
        for (const { share } of servingVersions(buildRouteModel(snapshot, pair)))
          expect(share).toBeLessThanOrEqual(1)
        expect(findConflicts(snapshot, pair)).toBeInstanceOf(Array)
        expect(detectSplit(snapshot, pair).hosts).toBeInstanceOf(Array)
        const [object] = snapshot.virtualServices
        const text = snapshot.virtualServices.map((each) => stringify(each)).join('---\n')
        expect(typeof renderYaml([{ name: 'a.yaml', text }], { pair, percent: 10 }).ok).toBe('boolean')
        expect(validate(object as KubeObject)).toBeInstanceOf(Array)
        expect(findOwners(object as KubeObject)).toEqual([])
        expect(detectDrift(object as KubeObject, object as KubeObject, pair)).toBeNull()
      }),
      { numRuns: 80 },
    )
  })
})
