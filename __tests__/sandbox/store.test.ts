import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { JsonObject, KubeObject } from '../../src/release/kubernetes.ts'
import { kindNamed } from '../../src/sandbox/cluster/kinds.ts'
import { leavesIn, leavesOf, type ManagedField } from '../../src/sandbox/cluster/ownership.ts'
import { createStore, type StoreChange } from '../../src/sandbox/cluster/store.ts'

const kind = kindNamed('VirtualService')

function object(spec: JsonObject, name = 'a'): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: 'shop' },
    spec,
  }
}

const key = fc.constantFrom('hosts', 'http', 'tls', 'deep')
const value = fc.oneof(
  fc.integer(),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.dictionary(key, fc.integer()),
)
const spec = fc.dictionary(key, value) as fc.Arbitrary<JsonObject>
const writer = fc.record({
  manager: fc.constantFrom('one', 'two', 'three'),
  operation: fc.constant('Update' as const),
})

describe('the store', () => {
  test('law: versions grow with every change and only then; the generation with every change of the spec', () => {
    fc.assert(
      fc.property(spec, fc.array(fc.tuple(spec, writer), { maxLength: 8 }), (first, writes) => {
        const store = createStore(() => 0)
        let current = store.create(kind, object(first), { manager: 'one', operation: 'Update' })
        for (const [next, by] of writes) {
          const before = current
          current = store.update(kind, before, { ...before, spec: next }, by)
          const changed = JSON.stringify(sorted(before.spec)) !== JSON.stringify(sorted(next))
          const step = changed ? 1 : 0
          expect(Number(current.metadata.generation)).toBe(Number(before.metadata.generation) + step)
          expect(Number(current.metadata.resourceVersion)).toBe(
            Number(before.metadata.resourceVersion) + step,
          )
          expect(current.metadata.uid).toBe(before.metadata.uid)
        }
      }),
    )
  })

  test('law: every field has an owner, no owner has a field that is gone, who changed it last owns it alone', () => {
    fc.assert(
      fc.property(spec, fc.array(fc.tuple(spec, writer), { maxLength: 8 }), (first, writes) => {
        const store = createStore(() => 0)
        let current = store.create(kind, object(first), { manager: 'one', operation: 'Update' })
        for (const [next, by] of writes) {
          const before = leavesOf(current)
          current = store.update(kind, current, { ...current, spec: next }, by)
          const present = leavesOf(current)
          const owners = (current.metadata.managedFields ?? []) as ManagedField[]
          const owned = new Map(owners.map((entry) => [entry.manager, leavesIn(entry.fieldsV1)]))
          for (const leaf of present.keys()) {
            const holders = [...owned].filter(([, leaves]) => leaves.has(leaf)).map(([manager]) => manager)
            expect(holders.length).toBeGreaterThan(0)
            if (JSON.stringify(before.get(leaf)) !== JSON.stringify(present.get(leaf))) {
              expect(holders).toEqual([by.manager])
            }
          }
          for (const leaves of owned.values()) for (const leaf of leaves) expect(present.has(leaf)).toBe(true)
        }
      }),
    )
  })

  test('listeners hear changes in their order, even those that other listeners make', () => {
    const store = createStore(() => 0)
    const by = { manager: 'one', operation: 'Update' as const }
    const heard: string[] = []
    store.subscribe(({ type, object: seen }) => {
      if (type === 'added' && seen.metadata.name === 'a') store.create(kind, object({}, 'b'), by)
    })
    store.subscribe(({ type, object: seen }: StoreChange) => void heard.push(`${type} ${seen.metadata.name}`))
    store.remove(kind, store.create(kind, object({}), by))
    expect(heard).toEqual(['added a', 'added b', 'deleted a'])
    expect(store.list('VirtualService').map(({ metadata }) => metadata.name)).toEqual(['b'])
  })

  test('nobody can change an object that others read', () => {
    const store = createStore(() => 0)
    const made = store.create(kind, object({ http: [{}] }), { manager: 'one', operation: 'Update' })
    expect(() => {
      ;(made.spec as JsonObject).http = []
    }).toThrow(TypeError)
  })
})

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  // An object stays an object: an empty one is not an empty list.
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, child]) => [name, sorted(child)]),
  )
}
