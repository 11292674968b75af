import { describe, expect, it } from '@jest/globals'
import type { Write } from '../../src/release/kubernetes.ts'
import type { RoutingSnapshot } from '../../src/routing/istio/snapshot.ts'
import { codesOf, done, named, pairOf, routesText, snapshotOf, writesOf } from './cluster.ts'
import {
  applyWrites,
  buildRouteModel,
  type Pair,
  planPin,
  planRestore,
  planShift,
  planSubsets,
  restoreOf,
} from './istio.ts'
import { schemaErrors } from './schema.ts'
import { type Animal, zoo } from './zoo.ts'

const rule = (service: string, stable: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${service}, namespace: prod}
spec:
  host: ${service}.prod.svc.cluster.local
  subsets:
  - {name: v0, labels: {version: v0}}
  - {name: ${stable.replaceAll('.', '-')}, labels: {version: "${stable}"}}
`

function scenario(animal: Animal): { snapshot: RoutingSnapshot; pair: Pair } {
  const { service = 'reviews', stable = 'v1', canary = 'v2' } = animal
  const own = animal.yaml.includes('kind: DestinationRule')
  const yaml = own
    ? animal.yaml
    : [animal.yaml, rule(service, stable)].filter((text) => text !== '').join('\n---\n')
  const snapshot = snapshotOf(yaml)
  return { snapshot, pair: named(snapshot, pairOf(stable, canary, service)) }
}

function expectValid(animal: Animal, writes: Write[]): void {
  if (animal.loose) return
  for (const write of writes)
    expect(schemaErrors(write.action === 'create' ? write.object : write.result)).toEqual([])
}

describe('routes as people write them', () => {
  it.each(zoo)('$name', (animal) => {
    const { snapshot, pair } = scenario(animal)
    const subsets = planSubsets(snapshot, pair)
    const ready = subsets.ok ? applyWrites(snapshot, subsets.writes) : snapshot
    const pin = planPin(ready, pair)
    if ('refused' in animal.pinned) {
      expect(codesOf(pin)).toEqual(animal.pinned.refused)
      return
    }
    expectValid(animal, [...writesOf(subsets), ...writesOf(pin)])
    const pinned = done(ready, pin)
    expect(routesText(pinned)).toEqual(animal.pinned)
    const { warnings } = buildRouteModel(snapshot, pair)
    const codes = [...warnings, ...(pin.ok ? pin.warnings : [])].map(({ code }) => code)
    for (const code of animal.warned ?? []) expect(codes).toContain(code)
    expect(writesOf(planPin(pinned, pair))).toEqual([])
    if (animal.tenth === undefined) return
    const shift = planShift(pinned, pair, 10)
    expectValid(animal, writesOf(shift))
    const shifted = done(pinned, shift)
    expect(routesText(shifted)).toEqual(animal.tenth)
    expect(done(shifted, planRestore(shifted, pair, restoreOf(snapshot, pair)))).toEqual(pinned)
  })
})
