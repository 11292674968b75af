import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  rolledSizes,
  type SetSize,
  scaledSizes,
  surgeBounds,
} from '../../../src/sandbox/workloads/deployments/rolling-update.ts'

const set = (name: string, wanted: number, available = wanted): SetSize => ({
  name,
  wanted,
  available,
  ceiling: null,
})

describe('surge and unavailable pods', () => {
  test.each([
    [4, undefined, undefined, { surge: 1, unavailable: 1 }],
    [10, '25%', '25%', { surge: 3, unavailable: 2 }],
    [3, 1, 0, { surge: 1, unavailable: 0 }],
    [3, 0, 0, { surge: 0, unavailable: 1 }],
    [1, '10%', '10%', { surge: 1, unavailable: 0 }],
    [2, 0, 5, { surge: 0, unavailable: 2 }],
  ])('%d replicas, maxSurge %s, maxUnavailable %s', (replicas, maxSurge, maxUnavailable, bounds) => {
    const rollingUpdate = {
      ...(maxSurge === undefined ? {} : { maxSurge }),
      ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
    }
    expect(surgeBounds({ replicas, strategy: { type: 'RollingUpdate', rollingUpdate } })).toEqual(bounds)
  })
})

describe('one turn of a rolling update', () => {
  test.each([
    ['the new set begins in the surge', [3, 1, 0], set('new', 0), [set('old', 3)], { new: 1, old: 3 }],
    [
      'an old pod goes once a new one is available',
      [3, 1, 0],
      set('new', 1),
      [set('old', 3)],
      { new: 1, old: 2 },
    ],
    [
      'it waits for a new pod that is not available',
      [3, 1, 0],
      set('new', 1, 0),
      [set('old', 3)],
      { new: 1, old: 3 },
    ],
    [
      'unhealthy old pods go first',
      [3, 1, 1],
      set('new', 0),
      [set('a', 2, 0), set('b', 1)],
      { new: 1, a: 1, b: 1 },
    ],
    ['a set that is too large is cut', [2, 1, 0], set('new', 4), [], { new: 2 }],
  ] as const)('%s', (_, [replicas, surge, unavailable], current, old, sizes) => {
    expect(Object.fromEntries(rolledSizes(replicas, { surge, unavailable }, current, old))).toEqual(sizes)
  })

  test('it never asks for more than the surge, and takes no available pod that is needed', () => {
    const sized = fc.record({ wanted: fc.nat(8), ready: fc.nat(8) })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.nat(3),
        fc.nat(3),
        sized,
        fc.array(sized, { maxLength: 3 }),
        (replicas, surge, out, current, olds) => {
          const bounds = { surge, unavailable: surge === 0 && out === 0 ? 1 : Math.min(out, replicas) }
          const fresh = set('new', current.wanted, Math.min(current.wanted, current.ready))
          const old = olds.map(({ wanted, ready }, index) =>
            set(`old${index}`, wanted, Math.min(wanted, ready)),
          )
          const sizes = rolledSizes(replicas, bounds, fresh, old)
          const before = [fresh, ...old].reduce((sum, { wanted }) => sum + wanted, 0)
          const after = [...sizes.values()].reduce((sum, size) => sum + size, 0)
          expect(after).toBeLessThanOrEqual(Math.max(before, replicas + surge))
          for (const size of sizes.values()) expect(size).toBeGreaterThanOrEqual(0)
          const availableBefore = [fresh, ...old].reduce((sum, { available }) => sum + available, 0)
          // A set gives up its unavailable pods first, so what stays available is at least this.
          const availableAfter = [fresh, ...old].reduce(
            (sum, { name, available }) => sum + Math.min(available, sizes.get(name) ?? 0),
            0,
          )
          const least = replicas - bounds.unavailable
          if (fresh.wanted <= replicas) {
            expect(availableAfter).toBeGreaterThanOrEqual(Math.min(availableBefore, least))
          }
        },
      ),
    )
  })

  test('again and again it ends with the new pods alone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(3), fc.nat(3), (replicas, surge, out) => {
        const bounds = { surge, unavailable: surge === 0 && out === 0 ? 1 : Math.min(out, replicas) }
        let sizes = new Map([
          ['new', 0],
          ['old', replicas],
        ])
        for (let turn = 0; turn < 2 * replicas + 2; turn++) {
          sizes = rolledSizes(replicas, bounds, set('new', sizes.get('new') ?? 0), [
            set('old', sizes.get('old') ?? 0),
          ])
        }
        expect(Object.fromEntries(sizes)).toEqual({ new: replicas, old: 0 })
      }),
    )
  })
})

describe('other replicas in the middle of an update', () => {
  test.each([
    ['one active set takes all', 5, [set('a', 3), set('b', 0)], { a: 5 }],
    ['several share what is added', 6, [set('a', 2), set('b', 2)], { a: 4, b: 3 }],
    ['to zero', 0, [set('a', 2), set('b', 1)], { a: 0, b: 0 }],
  ] as const)('%s', (_, replicas, sets, sizes) => {
    expect(Object.fromEntries(scaledSizes(replicas, { surge: 1, unavailable: 0 }, sets))).toEqual(sizes)
  })
})
